package compute

import (
	"context"
	"maps"
	"slices"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/provisioner"
	"qabot/store"
)

// Health checks as close as they may be, so that a new task serves within seconds.
const (
	healthInterval  = 5 // seconds
	healthTimeout   = 2 // seconds
	healthThreshold = 2 // checks in a row
)

// groupAttributes are those of every target group: the default delay would make each redeployment wait five minutes.
var groupAttributes = map[string]string{"deregistration_delay.timeout_seconds": "5"}

// route is a role's way from the browser: a door in a load balancer, a target group behind it. The door's number is the
// environment's own and stays so after removal, so that a URL once posted never shows another branch.
type route struct {
	app       App
	role      Role
	clients   *Clients
	balancers []balancer
	notebook  Notebook
	Options
}

var _ provisioner.Resource = (*route)(nil)

// Route gives the resource "route/<role>", for a role with a port. Ready carries the URL.
func Route(app App, role Role, clients *Clients, notebook Notebook, o Options) provisioner.Resource {
	return &route{app: app, role: role, clients: clients, notebook: notebook, Options: o,
		balancers: app.shared(clients, o)}
}

func (r *route) Kind() store.Kind { return store.Of("route", r.role.Name) }

// pool names the ports, or the priorities of rules, of the load balancers among all allotments, the same whether the first of
// them is configured by name or by ARN.
func (r *route) pool() string {
	name := r.app.LoadBalancer
	if parts := strings.Split(name, "/"); strings.HasPrefix(name, "arn:") && len(parts) > 2 {
		name = parts[len(parts)-2] // ...:loadbalancer/app/<name>/<id>
	}
	if r.app.ByHost {
		return "rule/" + name
	}
	return "port/" + name
}

// routeSight is what was seen for a number of environments.
type routeSight struct {
	halls      []hall
	groups     map[string]elbtypes.TargetGroup // by name
	tags       map[string]map[string]string    // by ARN
	attributes map[string]map[string]string    // by ARN of the target group
}

func (r *route) look(ctx context.Context, envs []store.Environment) (s routeSight, err error) {
	for i := range r.balancers {
		if r.elsewhere(ctx, envs, i) {
			s.halls = append(s.halls, hall{Balancer: r.app.balancers()[i]})
			continue
		}
		h, err := r.hall(ctx, i)
		if err != nil {
			return s, err
		}
		s.halls = append(s.halls, h)
	}
	names := make([]string, len(envs))
	for i, env := range envs {
		names[i] = targetGroup(env.ID, r.role.Name)
	}
	if s.groups, err = r.balancers[0].groups(ctx, names); err != nil {
		return s, err
	}
	groups := make([]string, 0, len(s.groups))
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		groups = append(groups, deref(s.groups[name].TargetGroupArn))
	}
	arns := slices.Clone(groups)
	for _, env := range envs {
		for _, d := range r.near(env, s) {
			arns = append(arns, d.arn)
		}
	}
	if s.tags, err = r.balancers[0].tags(ctx, arns); err != nil {
		return s, err
	}
	s.attributes, err = r.attributes(ctx, groups)
	return s, err
}

// elsewhere tells that a look at one environment, whose place is known, need not look at that load balancer.
func (r *route) elsewhere(ctx context.Context, envs []store.Environment, i int) bool {
	if !provisioner.Looking(ctx) || provisioner.AtRest(ctx) || len(envs) != 1 || envs[0].Allotted[r.Kind()] == 0 {
		return false
	}
	at, _ := place(envs[0].Allotted[r.Kind()])
	return at < len(r.balancers) && at != i && envs[0].Spec.Wants(r.Kind(), r.now())
}

// attributes reads those of target groups. A look takes those that were as wanted to be so still: at rest until their turn comes,
// else for a while.
func (r *route) attributes(ctx context.Context, groups []string) (map[string]map[string]string, error) {
	ask, rest := groups, []string(nil)
	if provisioner.Looking(ctx) {
		ask = nil
		for _, arn := range groups {
			if r.attunedBefore(ctx, arn) {
				rest = append(rest, arn)
			} else {
				ask = append(ask, arn)
			}
		}
	}
	found, err := r.balancers[0].attributes(ctx, ask)
	for _, arn := range ask {
		if attuned(found[arn]) {
			r.clients.memory.keep("attributes/"+arn, true, r.now().Add(brief))
		}
	}
	for _, arn := range rest {
		found[arn] = groupAttributes
	}
	return found, err
}

// attunedBefore tells whether a look need not ask for a target group's attributes.
func (r *route) attunedBefore(ctx context.Context, arn string) bool {
	if provisioner.AtRest(ctx) {
		return !r.clients.memory.due("attributes/"+arn, r.now())
	}
	known, _ := recall[bool](&r.clients.memory, "attributes/"+arn, r.now())
	return known
}

// attuned tells whether attributes of a target group are as wanted.
func attuned(attributes map[string]string) bool {
	for k, v := range groupAttributes {
		if attributes[k] != v {
			return false
		}
	}
	return true
}

// near are the doors that may be the environment's: the one at its number, and those that lead to its target group.
func (r *route) near(env store.Environment, s routeSight) (found []door) {
	at := env.Allotted[r.Kind()]
	group := deref(s.groups[targetGroup(env.ID, r.role.Name)].TargetGroupArn)
	for _, h := range s.halls {
		for _, d := range h.doors {
			if at != 0 && d.number == at || group != "" && d.group == group {
				found = append(found, d)
			}
		}
	}
	return found
}

// way is one environment's route as it stands.
type way struct {
	group   *elbtypes.TargetGroup // nil: not there
	foreign bool                  // something else has the target group's name
	attuned bool                  // the group's attributes are as wanted
	doors   []door                // ours
	taken   bool                  // our number has a door that is not ours
}

func (r *route) way(env store.Environment, s routeSight) (w way) {
	if g, ok := s.groups[targetGroup(env.ID, r.role.Name)]; ok {
		w.group, w.foreign = &g, !r.app.owns(env.ID, s.tags[deref(g.TargetGroupArn)])
		w.attuned = attuned(s.attributes[deref(g.TargetGroupArn)])
	}
	for _, d := range r.near(env, s) {
		switch {
		case r.app.owns(env.ID, s.tags[d.arn]):
			w.doors = append(w.doors, d)
		case d.number == env.Allotted[r.Kind()]:
			w.taken = true
		}
	}
	return w
}

func (r *route) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	s, err := r.look(ctx, envs)
	if err != nil {
		return allUnseen(len(envs), err)
	}
	seen := make([]store.Observation, len(envs))
	for i, env := range envs {
		seen[i] = r.judge(env, r.way(env, s))
	}
	return seen, nil
}

func (r *route) judge(env store.Environment, w way) store.Observation {
	at := env.Allotted[r.Kind()]
	switch {
	case !env.Spec.Wants(r.Kind(), r.now()):
		if len(w.doors) == 0 && (w.group == nil || w.foreign) {
			return store.Observation{State: store.Absent}
		}
		return store.Observation{State: store.Stale}
	case w.foreign:
		return store.Observation{State: store.Failed, Detail: r.foreign(env.ID)}
	case w.taken:
		return store.Observation{State: store.Stale, Detail: store.Say(store.PortTaken, at%perBalancer)}
	case w.group == nil && len(w.doors) == 0:
		return store.Observation{State: store.Absent}
	case w.group == nil || len(w.doors) != 1 || !w.attuned || !r.healthFits(*w.group) || !r.fits(env, w.doors[0], at, *w.group):
		return store.Observation{State: store.Stale}
	}
	return store.Observation{State: store.Ready, Detail: store.Say(store.RouteThere), URL: r.app.url(env.ID, r.role.Name, at)}
}

func (r *route) foreign(id store.ID) store.Detail {
	return store.Say(store.Foreign, "target group", targetGroup(id, r.role.Name))
}

func (r *route) healthFits(g elbtypes.TargetGroup) bool {
	return deref(g.HealthCheckPath) == r.role.healthPath() && deref(g.HealthCheckIntervalSeconds) == healthInterval &&
		deref(g.HealthCheckTimeoutSeconds) == healthTimeout && deref(g.HealthyThresholdCount) == healthThreshold &&
		deref(g.UnhealthyThresholdCount) == healthThreshold
}
