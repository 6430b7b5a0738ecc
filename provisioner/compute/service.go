package compute

import (
	"context"
	"fmt"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/provisioner"
	"qabot/store"
)

// service is a role's ECS service, derived from staging's. It runs the newest commit whose migrations passed: a newer one
// that builds, migrates or failed leaves it as it is.
type service struct {
	kind        store.Kind
	app         App
	role        Role
	clients     *Clients
	balancer    balancer // for target groups, which no load balancer is asked for
	registry    *registry
	prober      *prober
	definitions *definitions
	notebook    Notebook
	sources     []Source
	Options
}

var _ provisioner.Resource = (*service)(nil)

// Service gives the resource "service/<role>".
func Service(app App, role Role, clients *Clients, notebook Notebook, o Options, sources ...Source) provisioner.Resource {
	shared := app.shared(clients, o)
	return &service{kind: store.Of("service", role.Name), app: app, role: role, clients: clients, notebook: notebook, sources: sources, Options: o,
		balancer:    shared[0],
		prober:      &prober{balancers: shared, dial: o.Dial},
		registry:    &registry{clients: clients, repository: app.Repository},
		definitions: &definitions{clients: clients},
	}
}

func (s *service) Kind() store.Kind { return s.kind }

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
	sick        string            // HTTP status that a target answers health checks with, empty: none does, or not at all
	proof       store.Detail      // what the version path says
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
