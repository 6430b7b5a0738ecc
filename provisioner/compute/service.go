package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/provisioner"
	"qabot/store"
)

// service is a role's ECS service, derived from staging's. It runs the newest commit whose migrations passed: a newer one
// that builds, migrates or failed leaves it as it is.
type service struct {
	app         App
	role        Role
	clients     *Clients
	balancer    balancer
	registry    *registry
	definitions *definitions
	notebook    Notebook
	sources     []Source
	Options
}

var _ provisioner.Resource = (*service)(nil)

// Service gives the resource "service/<role>".
func Service(app App, role Role, clients *Clients, notebook Notebook, o Options, sources ...Source) provisioner.Resource {
	return &service{app: app, role: role, clients: clients, notebook: notebook, sources: sources, Options: o,
		balancer:    balancer{clients: clients, name: app.LoadBalancer},
		registry:    &registry{clients: clients, repository: app.Repository},
		definitions: &definitions{clients: clients},
	}
}

func (s *service) Kind() store.Kind { return store.Of("service", s.role.Name) }

// name is the service's name, the same as its target group's.
func (s *service) name(id store.ID) string { return targetGroup(id, s.role.Name) }

// statuses of a service, for which the SDK has no type.
const (
	active   = "ACTIVE"
	draining = "DRAINING"
	inactive = "INACTIVE"
	primary  = "PRIMARY" // of a deployment
)

const servicesPerCall = 10

// staging is what services are derived from.
type staging struct {
	service    ecstypes.Service
	definition ecstypes.TaskDefinition
	repository string // URI of the app's images
}

// serviceSight is what was seen of one environment's service.
type serviceSight struct {
	service     *ecstypes.Service // nil: not there
	commits     map[string]string // of the deployments' task definitions, by ARN
	hash        string            // of the primary's
	group       string            // ARN of the route's target group, empty while it is not there
	healthy     int32             // targets
	definitions deletable         // only for an unwanted environment without a service
	staging     *staging          // nil: missing
}

func (s *service) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	sights, err := s.look(ctx, envs)
	if err != nil {
		return allUnseen(len(envs), err)
	}
	seen := make([]store.Observation, len(envs))
	for i, env := range envs {
		if seen[i], _, err = s.judge(env, sights[i]); err != nil {
			return nil, err
		}
	}
	return seen, nil
}

// look reads everything about a number of environments: services ten at a time, the rest side by side.
func (s *service) look(ctx context.Context, envs []store.Environment) ([]serviceSight, error) {
	names := []string{s.role.Service}
	for _, env := range envs {
		names = append(names, s.name(env.ID))
	}
	services, err := s.describe(ctx, names)
	if err != nil {
		return nil, err
	}
	from, err := s.staging(ctx, services[s.role.Service])
	if err != nil {
		return nil, err
	}
	groups, err := s.groups(ctx, envs)
	if err != nil {
		return nil, err
	}
	sights := make([]serviceSight, len(envs))
	err = each(ctx, len(envs), func(ctx context.Context, i int) error {
		v := serviceSight{staging: from, group: groups[envs[i].ID]}
		if found, ok := services[s.name(envs[i].ID)]; ok && deref(found.Status) != inactive {
			v.service = &found
		}
		complete, err := s.complete(ctx, envs[i], v)
		sights[i] = complete
		return err
	})
	return sights, err
}

func (s *service) describe(ctx context.Context, names []string) (map[string]ecstypes.Service, error) {
	found := map[string]ecstypes.Service{}
	var mu sync.Mutex
	parts := slices.Collect(slices.Chunk(unique(names), servicesPerCall))
	err := each(ctx, len(parts), func(ctx context.Context, i int) error {
		out, err := s.clients.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.app.Cluster, Services: parts[i],
			Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags}})
		if err != nil {
			return fmt.Errorf("describe services: %w", err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, one := range out.Services {
			found[deref(one.ServiceName)] = one
		}
		return nil
	})
	return found, err
}

func (s *service) staging(ctx context.Context, found ecstypes.Service) (*staging, error) {
	if deref(found.Status) != active {
		return nil, nil
	}
	def, err := s.definitions.get(ctx, deref(found.TaskDefinition))
	if err != nil {
		return nil, err
	}
	uri, err := s.registry.address(ctx)
	if err != nil {
		return nil, err
	}
	return &staging{service: found, definition: def.TaskDefinition, repository: uri}, nil
}

// groups gives the ARNs of the target groups that the environments' routes have made.
func (s *service) groups(ctx context.Context, envs []store.Environment) (map[store.ID]string, error) {
	found := map[store.ID]string{}
	if s.role.Port == 0 {
		return found, nil
	}
	names := make([]string, len(envs))
	for i, env := range envs {
		names[i] = s.name(env.ID)
	}
	groups, err := s.balancer.groups(ctx, names)
	if err != nil {
		return nil, err
	}
	arns := make([]string, 0, len(groups))
	for _, g := range sorted(groups) {
		arns = append(arns, deref(g.TargetGroupArn))
	}
	tags, err := s.balancer.tags(ctx, arns)
	if err != nil {
		return nil, err
	}
	for _, env := range envs {
		if arn := deref(groups[s.name(env.ID)].TargetGroupArn); arn != "" && s.app.owns(env.ID, tags[arn]) {
			found[env.ID] = arn
		}
	}
	return found, nil
}

// complete reads what the APIs give of one service at a time.
func (s *service) complete(ctx context.Context, env store.Environment, v serviceSight) (serviceSight, error) {
	if v.service == nil {
		if env.Spec.Wants(s.Kind(), s.now()) {
			return v, nil
		}
		var err error
		v.definitions, err = s.definitions.deletable(ctx, s.app.family(env.ID, s.role.Name), func(tags map[string]string) bool {
			return s.app.owns(env.ID, tags)
		})
		return v, err
	}
	if deref(v.service.Status) != active || !s.app.owns(env.ID, fromECS(v.service.Tags)) {
		return v, nil
	}
	v.commits = map[string]string{}
	for _, d := range v.service.Deployments {
		def, err := s.definitions.get(ctx, deref(d.TaskDefinition))
		if err != nil {
			return v, err
		}
		if s.app.owns(env.ID, def.tags) {
			v.commits[deref(d.TaskDefinition)] = def.tags[tagCommit]
			if deref(d.Status) == primary {
				v.hash = def.tags[tagHash]
			}
		}
	}
	if v.group == "" {
		return v, nil
	}
	out, err := s.clients.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &v.group})
	if err != nil {
		return v, fmt.Errorf("describe health of %s: %w", s.name(env.ID), err)
	}
	for _, t := range out.TargetHealthDescriptions {
		if t.TargetHealth != nil && t.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			v.healthy++
		}
	}
	return v, nil
}

// primary gives the deployment that is to stay.
func (v serviceSight) primary() ecstypes.Deployment {
	for _, d := range v.service.Deployments {
		if deref(d.Status) == primary {
			return d
		}
	}
	return ecstypes.Deployment{}
}

// rolled tells whether the primary deployment is all there is, complete and healthy.
func (v serviceSight) rolled(port int) bool {
	p := v.primary()
	return len(v.service.Deployments) == 1 && p.RunningCount == v.service.DesiredCount &&
		(port == 0 || v.healthy >= v.service.DesiredCount)
}

// serving gives the commit that answers: the primary deployment's once it is complete, an older one's until then.
func (v serviceSight) serving(port int) string {
	p := v.primary()
	if v.rolled(port) {
		return v.commits[deref(p.TaskDefinition)]
	}
	for _, d := range v.service.Deployments {
		if deref(d.Id) != deref(p.Id) && d.RunningCount > 0 {
			return v.commits[deref(d.TaskDefinition)]
		}
	}
	if p.RunningCount > 0 {
		return v.commits[deref(p.TaskDefinition)]
	}
	return ""
}

// consoleURL is where people read on about a service.
func (s *service) consoleURL(svc *ecstypes.Service) string {
	parts := strings.Split(deref(svc.ServiceArn), ":")
	if len(parts) < 6 {
		return ""
	}
	cluster := s.app.Cluster[strings.LastIndex(s.app.Cluster, "/")+1:]
	return fmt.Sprintf("https://%[1]s.console.aws.amazon.com/ecs/v2/clusters/%[2]s/services/%[3]s/events?region=%[1]s",
		parts[3], cluster, deref(svc.ServiceName))
}
