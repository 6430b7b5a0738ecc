package compute

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	// By default the old task stops when the new one is healthy: nobody notices, but both hold connections to the shared
	// database meanwhile.
	leastHealthy, mostRunning = 100, 200 // percent
	// A role that replaces stops the old task first: a short gap, and never more connections than one task opens.
	leastReplaced, mostReplaced = 0, 100 // percent
	// failuresAllowed is how many tasks may fail before a rollout has. AWS's own measure is three at least, each with its
	// start and its patience for health; two in a row are no accident where one task is all there is.
	failuresAllowed = 2
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
	Failures       string // after which the breaker acts; empty: the service does not tell
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
		DeploymentConfiguration:     s.rollout(),
	}
	if len(staging.CapacityProviderStrategy) > 0 {
		in.CapacityProviderStrategy = staging.CapacityProviderStrategy
	} else {
		in.LaunchType = staging.LaunchType
	}
	in.PlacementConstraints, in.PlacementStrategy = staging.PlacementConstraints, staging.PlacementStrategy // of EC2 only
	if s.role.Port != 0 {
		in.LoadBalancers = []ecstypes.LoadBalancer{{TargetGroupArn: &groupARN, ContainerName: &container, ContainerPort: new(int32(s.role.Port))}}
		in.HealthCheckGracePeriodSeconds = new(int32(shortGrace))
		if grace := deref(staging.HealthCheckGracePeriodSeconds); grace > 0 {
			in.HealthCheckGracePeriodSeconds = &grace
		}
	}
	return in
}

func (s *service) rollout() *ecstypes.DeploymentConfiguration {
	least, most := int32(leastHealthy), int32(mostRunning)
	if s.role.Replace {
		least, most = leastReplaced, mostReplaced
	}
	return &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: &least, MaximumPercent: &most,
		DeploymentCircuitBreaker: &ecstypes.DeploymentCircuitBreaker{Enable: true, Rollback: true,
			ThresholdConfiguration: &ecstypes.ThresholdConfiguration{Type: ecstypes.ThresholdTypeCount, Value: failuresAllowed}}}
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
		Target: target(in.LoadBalancers), Breaker: breaker(in.DeploymentConfiguration), Failures: failures(in.DeploymentConfiguration), Grace: deref(in.HealthCheckGracePeriodSeconds),
		Rebalancing: string(in.AvailabilityZoneRebalancing), Propagate: string(in.PropagateTags),
		Managed: in.EnableECSManagedTags, Exec: in.EnableExecuteCommand,
	}.within(in.NetworkConfiguration)
}

// compared gives the settings that a service ought to have and those that it has. What an endpoint does not tell, it cannot be made to.
func compared(want *ecs.CreateServiceInput, have ecstypes.Service) (as, is settings) {
	as, is = settingsOfInput(want), settingsOfService(have)
	if is.Failures == "" {
		as.Failures = ""
	}
	return as, is
}

func settingsOfService(s ecstypes.Service) settings {
	return settings{
		Desired: s.DesiredCount, Capacity: capacity(s.LaunchType, s.CapacityProviderStrategy), Platform: platform(s.PlatformVersion),
		Target: target(s.LoadBalancers), Breaker: breaker(s.DeploymentConfiguration), Failures: failures(s.DeploymentConfiguration), Grace: deref(s.HealthCheckGracePeriodSeconds),
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

// lasting is staging's capacity, but never Spot's: for what must not be cut off half-way, or forgets everything when it is.
func lasting(staging ecstypes.Service) (ecstypes.LaunchType, []ecstypes.CapacityProviderStrategyItem) {
	spot := func(i ecstypes.CapacityProviderStrategyItem) bool { return deref(i.CapacityProvider) == "FARGATE_SPOT" }
	switch strategy := staging.CapacityProviderStrategy; {
	case slices.ContainsFunc(strategy, spot):
		return ecstypes.LaunchTypeFargate, nil
	case len(strategy) > 0:
		return "", strategy
	}
	return staging.LaunchType, nil
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

func failures(c *ecstypes.DeploymentConfiguration) string {
	if c == nil || c.DeploymentCircuitBreaker == nil || c.DeploymentCircuitBreaker.ThresholdConfiguration == nil {
		return ""
	}
	t := c.DeploymentCircuitBreaker.ThresholdConfiguration
	return fmt.Sprintf("%s %d", t.Type, t.Value)
}
