package compute

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	leastHealthy = 100 // percent: the old task stops when the new one is healthy
	mostRunning  = 200 // percent
	// shortGrace is how many seconds a starting task may fail its health checks, where staging has no opinion. It delays
	// only the failure: a healthy task serves at once.
	shortGrace = 60
)

// settings is a service without its task definition, in the normal form in which wish and reality are compared.
type settings struct {
	Desired        int32
	Subnets        string
	SecurityGroups string
	PublicIP       string
	Capacity       string // launch type, or strategy
	Platform       string
	Target         string // target group's name, container and port
	Breaker        string
	Grace          int32
	Rebalancing    string
	Propagate      string
	Managed        bool
	Exec           bool
}

// wantedService is the service as it must be, but for its task definition and tags.
func (s *service) wantedService(name string, staging ecstypes.Service, container, groupARN string, desired int32) *ecs.CreateServiceInput {
	in := &ecs.CreateServiceInput{
		Cluster: &s.app.Cluster, ServiceName: &name, DesiredCount: &desired,
		NetworkConfiguration: s.network(staging.NetworkConfiguration), PlatformVersion: staging.PlatformVersion,
		EnableExecuteCommand: staging.EnableExecuteCommand, EnableECSManagedTags: true, PropagateTags: ecstypes.PropagateTagsService,
		AvailabilityZoneRebalancing: ecstypes.AvailabilityZoneRebalancingDisabled,
		DeploymentConfiguration: &ecstypes.DeploymentConfiguration{
			MinimumHealthyPercent: new(int32(leastHealthy)), MaximumPercent: new(int32(mostRunning)),
			DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		},
	}
	if len(staging.CapacityProviderStrategy) > 0 {
		in.CapacityProviderStrategy = staging.CapacityProviderStrategy
	} else {
		in.LaunchType = staging.LaunchType
	}
	if s.role.Port != 0 {
		in.LoadBalancers = []ecstypes.LoadBalancer{{TargetGroupArn: &groupARN, ContainerName: &container, ContainerPort: new(int32(s.role.Port))}}
		in.HealthCheckGracePeriodSeconds = new(int32(shortGrace))
		if grace := deref(staging.HealthCheckGracePeriodSeconds); grace > 0 {
			in.HealthCheckGracePeriodSeconds = &grace
		}
	}
	return in
}

// network is staging's, with the configuration's own subnets and security groups where it has some.
func (s *service) network(staging *ecstypes.NetworkConfiguration) *ecstypes.NetworkConfiguration {
	if staging == nil || staging.AwsvpcConfiguration == nil {
		return staging
	}
	vpc := *staging.AwsvpcConfiguration
	if len(s.app.Subnets) > 0 {
		vpc.Subnets = s.app.Subnets
	}
	if len(s.app.SecurityGroups) > 0 {
		vpc.SecurityGroups = s.app.SecurityGroups
	}
	return &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &vpc}
}

// update makes a change of everything that may be changed.
func update(in *ecs.CreateServiceInput, now ecstypes.Service) *ecs.UpdateServiceInput {
	u := &ecs.UpdateServiceInput{
		Cluster: in.Cluster, Service: in.ServiceName, DesiredCount: in.DesiredCount, NetworkConfiguration: in.NetworkConfiguration,
		PlatformVersion: in.PlatformVersion, EnableExecuteCommand: &in.EnableExecuteCommand, EnableECSManagedTags: &in.EnableECSManagedTags,
		PropagateTags: in.PropagateTags, AvailabilityZoneRebalancing: in.AvailabilityZoneRebalancing,
		DeploymentConfiguration: in.DeploymentConfiguration, HealthCheckGracePeriodSeconds: in.HealthCheckGracePeriodSeconds,
		LoadBalancers: in.LoadBalancers, TaskDefinition: in.TaskDefinition,
	}
	if capacity(in.LaunchType, in.CapacityProviderStrategy) != capacity(now.LaunchType, now.CapacityProviderStrategy) {
		// An empty strategy gives the launch type back; either way AWS wants a new deployment for it.
		u.CapacityProviderStrategy = append([]ecstypes.CapacityProviderStrategyItem{}, in.CapacityProviderStrategy...)
		u.ForceNewDeployment = true
	}
	return u
}

func settingsOfInput(in *ecs.CreateServiceInput) settings {
	return settings{
		Desired: deref(in.DesiredCount), Capacity: capacity(in.LaunchType, in.CapacityProviderStrategy), Platform: platform(in.PlatformVersion),
		Target: target(in.LoadBalancers), Breaker: breaker(in.DeploymentConfiguration), Grace: deref(in.HealthCheckGracePeriodSeconds),
		Rebalancing: string(in.AvailabilityZoneRebalancing), Propagate: string(in.PropagateTags),
		Managed: in.EnableECSManagedTags, Exec: in.EnableExecuteCommand,
	}.within(in.NetworkConfiguration)
}

func settingsOfService(s ecstypes.Service) settings {
	return settings{
		Desired: s.DesiredCount, Capacity: capacity(s.LaunchType, s.CapacityProviderStrategy), Platform: platform(s.PlatformVersion),
		Target: target(s.LoadBalancers), Breaker: breaker(s.DeploymentConfiguration), Grace: deref(s.HealthCheckGracePeriodSeconds),
		Rebalancing: string(s.AvailabilityZoneRebalancing), Propagate: string(s.PropagateTags),
		Managed: s.EnableECSManagedTags, Exec: s.EnableExecuteCommand,
	}.within(s.NetworkConfiguration)
}

func (s settings) within(n *ecstypes.NetworkConfiguration) settings {
	if n != nil && n.AwsvpcConfiguration != nil {
		vpc := n.AwsvpcConfiguration
		s.Subnets, s.SecurityGroups, s.PublicIP = joined(vpc.Subnets), joined(vpc.SecurityGroups), string(vpc.AssignPublicIp)
		if s.PublicIP == "" {
			s.PublicIP = string(ecstypes.AssignPublicIpDisabled)
		}
	}
	return s
}

func joined(values []string) string { return strings.Join(slices.Sorted(slices.Values(values)), " ") }

func capacity(launch ecstypes.LaunchType, strategy []ecstypes.CapacityProviderStrategyItem) string {
	if len(strategy) == 0 {
		return string(launch)
	}
	items := make([]string, len(strategy))
	for i, item := range strategy {
		items[i] = fmt.Sprintf("%s:%d:%d", deref(item.CapacityProvider), item.Base, item.Weight)
	}
	return joined(items)
}

func platform(version *string) string {
	if deref(version) == "" {
		return "LATEST"
	}
	return *version
}

// target tells where a service registers its tasks.
func target(balancers []ecstypes.LoadBalancer) string {
	items := make([]string, len(balancers))
	for i, b := range balancers {
		items[i] = fmt.Sprintf("%s %s:%d", deref(b.TargetGroupArn), deref(b.ContainerName), deref(b.ContainerPort))
	}
	return joined(items)
}

func breaker(c *ecstypes.DeploymentConfiguration) string {
	if c == nil || c.DeploymentCircuitBreaker == nil {
		return ""
	}
	return fmt.Sprintf("%t/%t %d-%d", c.DeploymentCircuitBreaker.Enable, c.DeploymentCircuitBreaker.Rollback,
		deref(c.MinimumHealthyPercent), deref(c.MaximumPercent))
}
