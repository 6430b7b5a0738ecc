package compute

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
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

// route is a role's way from the browser: a port of the load balancer, a listener there, a target group behind it. The
// port is the environment's own and stays so after removal, so that a URL once posted never shows another branch.
type route struct {
	app      App
	role     Role
	clients  *Clients
	balancer balancer
	notebook Notebook
	Options
}

var _ provisioner.Resource = (*route)(nil)

// Route gives the resource "route/<role>", for a role with a port. Ready carries the URL.
func Route(app App, role Role, clients *Clients, notebook Notebook, o Options) provisioner.Resource {
	return &route{app: app, role: role, clients: clients, notebook: notebook, Options: o,
		balancer: balancer{clients: clients, name: app.LoadBalancer}}
}

func (r *route) Kind() store.Kind { return store.Of("route", r.role.Name) }

// pool names the ports of the load balancer among all allotments, the same whether it is configured by name or by ARN.
func (r *route) pool() string {
	name := r.app.LoadBalancer
	if parts := strings.Split(name, "/"); strings.HasPrefix(name, "arn:") && len(parts) > 2 {
		name = parts[len(parts)-2] // ...:loadbalancer/app/<name>/<id>
	}
	return "port/" + name
}

// routeSight is what was seen for a number of environments.
type routeSight struct {
	balancer   elbtypes.LoadBalancer
	listeners  []elbtypes.Listener
	groups     map[string]elbtypes.TargetGroup // by name
	tags       map[string]map[string]string    // by ARN
	attributes map[string]map[string]string    // by ARN of the target group
}

func (r *route) look(ctx context.Context, envs []store.Environment) (s routeSight, err error) {
	if s.balancer, err = r.balancer.find(ctx); err != nil {
		return s, err
	}
	if s.listeners, err = r.balancer.listeners(ctx, deref(s.balancer.LoadBalancerArn)); err != nil {
		return s, err
	}
	names := make([]string, len(envs))
	for i, env := range envs {
		names[i] = targetGroup(env.ID, r.role.Name)
	}
	if s.groups, err = r.balancer.groups(ctx, names); err != nil {
		return s, err
	}
	groups := make([]string, 0, len(s.groups))
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		groups = append(groups, deref(s.groups[name].TargetGroupArn))
	}
	arns := slices.Clone(groups)
	for _, env := range envs {
		for _, l := range r.candidates(env, s) {
			arns = append(arns, deref(l.ListenerArn))
		}
	}
	if s.tags, err = r.balancer.tags(ctx, arns); err != nil {
		return s, err
	}
	s.attributes, err = r.balancer.attributes(ctx, groups)
	return s, err
}

// candidates are the listeners that may be the environment's: the one at its port, and those that lead to its target group.
func (r *route) candidates(env store.Environment, s routeSight) (found []elbtypes.Listener) {
	port := env.Allotted[r.Kind()]
	group := deref(s.groups[targetGroup(env.ID, r.role.Name)].TargetGroupArn)
	for _, l := range s.listeners {
		if port != 0 && int(deref(l.Port)) == port || group != "" && forwardsTo(l) == group {
			found = append(found, l)
		}
	}
	return found
}

// way is one environment's route as it stands.
type way struct {
	group     *elbtypes.TargetGroup // nil: not there
	foreign   bool                  // something else has the target group's name
	attuned   bool                  // the group's attributes are as wanted
	listeners []elbtypes.Listener   // ours
	taken     bool                  // our port has a listener that is not ours
}

func (r *route) way(env store.Environment, s routeSight) (w way) {
	if g, ok := s.groups[targetGroup(env.ID, r.role.Name)]; ok {
		w.group, w.foreign = &g, !r.app.owns(env.ID, s.tags[deref(g.TargetGroupArn)])
		w.attuned = true
		for k, v := range groupAttributes {
			w.attuned = w.attuned && s.attributes[deref(g.TargetGroupArn)][k] == v
		}
	}
	for _, l := range r.candidates(env, s) {
		switch {
		case r.app.owns(env.ID, s.tags[deref(l.ListenerArn)]):
			w.listeners = append(w.listeners, l)
		case int(deref(l.Port)) == env.Allotted[r.Kind()]:
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
	port := env.Allotted[r.Kind()]
	switch {
	case !env.Spec.Wants(r.Kind(), r.now()):
		if len(w.listeners) == 0 && (w.group == nil || w.foreign) {
			return store.Observation{State: store.Absent}
		}
		return store.Observation{State: store.Stale}
	case w.foreign:
		return store.Observation{State: store.Failed, Detail: r.foreign(env.ID)}
	case w.taken:
		return store.Observation{State: store.Stale, Detail: store.Say(store.PortTaken, port)}
	case w.group == nil && len(w.listeners) == 0:
		return store.Observation{State: store.Absent}
	case w.group == nil || len(w.listeners) != 1 || !w.attuned || !r.healthFits(*w.group) || !r.listenerFits(w.listeners[0], port, *w.group):
		return store.Observation{State: store.Stale}
	}
	return store.Observation{State: store.Ready, Detail: store.Say(store.RouteThere), URL: r.url(env.ID, port)}
}

func (r *route) foreign(id store.ID) store.Detail {
	return store.Say(store.Foreign, "target group", targetGroup(id, r.role.Name))
}

func (r *route) url(id store.ID, port int) string {
	scheme := "http"
	if r.app.Certificate != "" {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s.%s:%s", scheme, id, r.app.Domain, strconv.Itoa(port))
}

func (r *route) healthPath() string {
	if r.role.Health == "" {
		return "/"
	}
	return r.role.Health
}

func (r *route) healthFits(g elbtypes.TargetGroup) bool {
	return deref(g.HealthCheckPath) == r.healthPath() && deref(g.HealthCheckIntervalSeconds) == healthInterval &&
		deref(g.HealthCheckTimeoutSeconds) == healthTimeout && deref(g.HealthyThresholdCount) == healthThreshold &&
		deref(g.UnhealthyThresholdCount) == healthThreshold
}

func (r *route) protocol() elbtypes.ProtocolEnum {
	if r.app.Certificate != "" {
		return elbtypes.ProtocolEnumHttps
	}
	return elbtypes.ProtocolEnumHttp
}

func (r *route) certificates() []elbtypes.Certificate {
	if r.app.Certificate == "" {
		return nil
	}
	return []elbtypes.Certificate{{CertificateArn: &r.app.Certificate}}
}

func (r *route) listenerFits(l elbtypes.Listener, port int, g elbtypes.TargetGroup) bool {
	certified := r.app.Certificate == "" || len(l.Certificates) == 1 && deref(l.Certificates[0].CertificateArn) == r.app.Certificate
	return certified && int(deref(l.Port)) == port && l.Protocol == r.protocol() && forwardsTo(l) == deref(g.TargetGroupArn)
}
