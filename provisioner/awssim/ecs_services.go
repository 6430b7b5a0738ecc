package awssim

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type service struct {
	name, arn   string
	cluster     *cluster
	settings    ecs.CreateServiceInput // in normal form; updates change it
	token       string                 // clientToken of its creation
	status      string                 // ACTIVE, DRAINING, INACTIVE
	created     time.Time
	deployments []*deployment // the primary first
	completed   *deployment   // the last one that completed
	events      []types.ServiceEvent
	tasks       []*task // not yet STOPPED, oldest first

	steady            bool
	streak            int       // failed tasks in a row
	retryAt           time.Time // no task starts before
	finishing         bool      // on its way from DRAINING to INACTIVE
	scheduling, again bool
}

func (s *service) desired() int { return int(*s.settings.DesiredCount) }

// settingsOf brings a creation's input into the form in which services are compared: names resolved, defaults filled in.
func (r *Region) settingsOf(in *ecs.CreateServiceInput, c *cluster, def *types.TaskDefinition) ecs.CreateServiceInput {
	out := ecs.CreateServiceInput{
		DesiredCount: new(int32(1)), LaunchType: types.LaunchTypeFargate, SchedulingStrategy: types.SchedulingStrategyReplica,
		DeploymentController:        &types.DeploymentController{Type: types.DeploymentControllerTypeEcs},
		AvailabilityZoneRebalancing: types.AvailabilityZoneRebalancingEnabled, PropagateTags: types.PropagateTagsNone,
		PlatformVersion: new("LATEST"), HealthCheckGracePeriodSeconds: new(int32(0)),
	}
	if in.LaunchType == types.LaunchTypeEc2 {
		out.PlatformVersion = nil
	}
	copyMembers(&out, in)
	out.Cluster, out.TaskDefinition = &c.arn, def.TaskDefinitionArn
	out.DeploymentConfiguration = mergeDeploymentConfiguration(&types.DeploymentConfiguration{
		MaximumPercent: new(int32(200)), MinimumHealthyPercent: new(int32(100)), Strategy: types.DeploymentStrategyRolling,
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{},
	}, in.DeploymentConfiguration)
	out.ClientToken, out.Tags = nil, nil
	return out
}

func mergeDeploymentConfiguration(base, given *types.DeploymentConfiguration) *types.DeploymentConfiguration {
	out := *base
	if given != nil {
		copyMembers(&out, given)
	}
	return &out
}

var serviceName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

func (r *Region) createService(in *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error) {
	c, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	name := deref(in.ServiceName)
	if !serviceName.MatchString(name) {
		return nil, fail("InvalidParameterException", "Invalid service name: %q", name)
	}
	if in.LaunchType == types.LaunchTypeEc2 && in.PlatformVersion != nil {
		return nil, fail("InvalidParameterException", "The platform version must be null when specifying an EC2 launch type.")
	}
	if in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0 {
		return nil, fail("InvalidParameterException", "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	}
	if len(deref(in.ClientToken)) > 36 {
		return nil, fail("InvalidParameterException", "clientToken must be at most 36 characters")
	}
	def, err := r.runnable(in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	settings := r.settingsOf(in, c, def)
	if old := c.services[name]; old != nil && old.status != "INACTIVE" {
		switch {
		case old.status == "DRAINING":
			return nil, fail("InvalidParameterException", "Unable to Start a service that is still Draining.")
		case deref(in.ClientToken) != "" && old.token == *in.ClientToken, reflect.DeepEqual(old.settings, settings):
			return &ecs.CreateServiceOutput{Service: r.describeService(old, true)}, nil
		}
		return nil, fail("InvalidParameterException", "Creation of service was not idempotent.")
	}
	if err := r.checkServiceSettings(&settings, def); err != nil {
		return nil, err
	}
	if n := len(c.services); n >= r.opts.Quotas.ServicesPerCluster {
		return nil, fail("InvalidParameterException", "The cluster has reached its limit of %d services", n)
	}
	s := &service{name: name, arn: r.arn("ecs", "service/"+c.name+"/"+name), cluster: c, settings: settings,
		token: deref(in.ClientToken), status: "ACTIVE", created: r.clock.now}
	c.services[name] = s
	r.tag(s.arn, ecsTagMap(in.Tags))
	r.deploy(s, def)
	return &ecs.CreateServiceOutput{Service: r.describeService(s, true)}, nil
}

// checkServiceSettings looks at what a service refers to.
func (r *Region) checkServiceSettings(in *ecs.CreateServiceInput, def *types.TaskDefinition) error {
	if *in.DesiredCount < 0 {
		return fail("InvalidParameterException", "desiredCount must not be negative")
	}
	if def.NetworkMode == types.NetworkModeAwsvpc && (in.NetworkConfiguration == nil || in.NetworkConfiguration.AwsvpcConfiguration == nil) {
		return fail("InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	if len(in.LoadBalancers) > 5 {
		return fail("InvalidParameterException", "load balancers can have at most 5 items")
	}
	for _, lb := range in.LoadBalancers {
		g, err := r.group(lb.TargetGroupArn)
		if err != nil {
			return fail("InvalidParameterException", "Unable to assume role and validate the specified targetGroupArn. The target group %s does not exist.", deref(lb.TargetGroupArn))
		}
		if len(r.balancersOf(g.arn())) == 0 {
			return fail("InvalidParameterException", "The target group with targetGroupArn %s does not have an associated load balancer.", g.arn())
		}
		if def.NetworkMode == types.NetworkModeAwsvpc && g.data.TargetType != "ip" {
			return fail("InvalidParameterException", "The provided target group %s has target type %s, which is incompatible with the awsvpc network mode specified in the task definition.", g.arn(), g.data.TargetType)
		}
		i := slices.IndexFunc(def.ContainerDefinitions, func(c types.ContainerDefinition) bool { return *c.Name == deref(lb.ContainerName) })
		if i < 0 {
			return fail("InvalidParameterException", "The container %s does not exist in the task definition.", deref(lb.ContainerName))
		}
		if !slices.ContainsFunc(def.ContainerDefinitions[i].PortMappings, func(p types.PortMapping) bool { return deref(p.ContainerPort) == deref(lb.ContainerPort) }) {
			return fail("InvalidParameterException", "The container %s did not have a container port %d defined.", *lb.ContainerName, deref(lb.ContainerPort))
		}
	}
	return nil
}

// service finds one that was not forgotten, by name or ARN.
func (r *Region) service(clusterRef, ref *string) (*service, error) {
	c, err := r.cluster(clusterRef)
	if err != nil {
		return nil, err
	}
	name := strings.TrimPrefix(deref(ref), r.arn("ecs", "service/"+c.name+"/"))
	if s := c.services[name]; s != nil {
		return s, nil
	}
	return nil, fail("ServiceNotFoundException", "Service not found.")
}

func (r *Region) activeService(clusterRef, ref *string) (*service, error) {
	s, err := r.service(clusterRef, ref)
	if err == nil && s.status != "ACTIVE" {
		return nil, fail("ServiceNotActiveException", "Service was not ACTIVE.")
	}
	return s, err
}

func (r *Region) updateService(in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	s, err := r.activeService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	next := s.settings
	copyMembers(&next, in)
	next.Cluster = s.settings.Cluster
	next.DeploymentConfiguration = mergeDeploymentConfiguration(s.settings.DeploymentConfiguration, in.DeploymentConfiguration)
	def := s.deployments[0].def
	if in.TaskDefinition != nil {
		if def, err = r.runnable(in.TaskDefinition); err != nil {
			return nil, err
		}
		next.TaskDefinition = def.TaskDefinitionArn
	}
	if err := r.checkServiceSettings(&next, def); err != nil {
		return nil, err
	}
	redeploy := in.ForceNewDeployment || !reflect.DeepEqual(revisionOf(s.settings), revisionOf(next))
	if s.desired() != int(*next.DesiredCount) {
		s.steady = false
	}
	s.settings = next
	if redeploy {
		r.deploy(s, def)
	} else {
		r.schedule(s)
	}
	return &ecs.UpdateServiceOutput{Service: r.describeService(s, true)}, nil
}

// revisionOf leaves of the settings what a new deployment is made for.
func revisionOf(s ecs.CreateServiceInput) ecs.CreateServiceInput {
	s.DesiredCount, s.DeploymentConfiguration, s.HealthCheckGracePeriodSeconds = nil, nil, nil
	s.EnableExecuteCommand, s.EnableECSManagedTags, s.PropagateTags, s.AvailabilityZoneRebalancing = false, false, "", ""
	return s
}

func (r *Region) deleteService(in *ecs.DeleteServiceInput) (*ecs.DeleteServiceOutput, error) {
	s, err := r.activeService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if s.desired() > 0 && !deref(in.Force) {
		return nil, fail("InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
	}
	s.status = "DRAINING"
	s.settings.DesiredCount = new(int32(0))
	r.schedule(s)
	return &ecs.DeleteServiceOutput{Service: r.describeService(s, false)}, nil
}

func (r *Region) describeServices(in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	c, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Services) == 0 {
		return nil, fail("InvalidParameterException", "Services cannot be empty.")
	}
	if len(in.Services) > 10 {
		return nil, fail("InvalidParameterException", "Services list cannot have more than 10 items.")
	}
	out := &ecs.DescribeServicesOutput{Services: []types.Service{}, Failures: []types.Failure{}}
	for _, ref := range in.Services {
		s, err := r.service(in.Cluster, &ref)
		if err != nil || !r.visible(s.created) {
			name := strings.TrimPrefix(ref, r.arn("ecs", "service/"+c.name+"/"))
			out.Failures = append(out.Failures, types.Failure{Arn: new(r.arn("ecs", "service/"+c.name+"/"+name)), Reason: new("MISSING")})
			continue
		}
		out.Services = append(out.Services, *r.describeService(s, slices.Contains(in.Include, types.ServiceFieldTags)))
	}
	return out, nil
}

func (r *Region) describeService(s *service, withTags bool) *types.Service {
	out := &types.Service{Events: []types.ServiceEvent{}, LoadBalancers: []types.LoadBalancer{}, Deployments: []types.Deployment{}}
	copyMembers(out, &s.settings)
	out.ServiceName, out.ServiceArn, out.ClusterArn, out.Status = &s.name, &s.arn, &s.cluster.arn, &s.status
	out.CreatedAt = &s.created
	out.Events = append(out.Events, s.events...)
	out.Tags = nil
	if withTags {
		out.Tags = r.ecsTags(s.arn)
	}
	for _, t := range s.tasks {
		switch {
		case t.last == "RUNNING":
			out.RunningCount++
		case t.starting() && t.desired == "RUNNING":
			out.PendingCount++
		}
	}
	if s.status != "INACTIVE" {
		for _, d := range s.deployments {
			out.Deployments = append(out.Deployments, s.describeDeployment(d))
		}
	}
	return out
}

func (s *service) describeDeployment(d *deployment) types.Deployment {
	out := types.Deployment{Id: &d.id, Status: new("ACTIVE"), TaskDefinition: d.def.TaskDefinitionArn, CreatedAt: &d.created,
		UpdatedAt: &d.updated, RolloutState: d.rollout, RolloutStateReason: &d.reason, FailedTasks: d.failed,
		LaunchType: s.settings.LaunchType, NetworkConfiguration: s.settings.NetworkConfiguration, PlatformVersion: s.settings.PlatformVersion}
	if d == s.deployments[0] {
		out.Status, out.DesiredCount = new("PRIMARY"), int32(s.desired())
	}
	for _, t := range s.tasks {
		switch {
		case t.deployment != d:
		case t.last == "RUNNING":
			out.RunningCount++
		case t.starting() && t.desired == "RUNNING":
			out.PendingCount++
		}
	}
	return out
}

func (r *Region) listServices(in *ecs.ListServicesInput) (*ecs.ListServicesOutput, error) {
	c, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		if s := c.services[name]; s.status == "ACTIVE" && r.visible(s.created) {
			arns = append(arns, s.arn)
		}
	}
	items, next, err := ecsPage(arns, in.NextToken, in.MaxResults, 10)
	if err != nil {
		return nil, err
	}
	return &ecs.ListServicesOutput{ServiceArns: items, NextToken: next}, nil
}

// event tells something in the service's events, newest first; 100 are kept.
func (r *Region) event(s *service, format string, args ...any) {
	at := r.clock.now
	e := types.ServiceEvent{Id: new(r.newUUID()), CreatedAt: &at, Message: new(fmt.Sprintf("(service %s) ", s.name) + fmt.Sprintf(format, args...))}
	s.events = slices.Insert(s.events, 0, e)
	s.events = s.events[:min(len(s.events), 100)]
}
