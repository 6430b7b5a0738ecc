package compute

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/store"
)

// Balancer is one load balancer for environments, never staging's.
type Balancer struct {
	Name        string // or ARN
	Domain      string // a wildcard record of it points there
	Certificate string // ARN; empty: plain HTTP
}

// balancers are those that may be filled, in their order. One that was used keeps its place in it: allotments name the place.
func (a App) balancers() []Balancer {
	return append([]Balancer{{a.LoadBalancer, a.Domain, a.Certificate}}, a.More...)
}

// perBalancer is the distance between the numbers of two load balancers: an allotted number says which one, and the port there
// or the rule's priority.
const perBalancer = 100_000

func place(number int) (balancer, local int) { return number / perBalancer, number % perBalancer }

func number(balancer, local int) int { return balancer*perBalancer + local }

// mostRules bounds the priorities that are given away; AWS has 50,000, and room for far fewer rules.
const mostRules = 2000

// host is the name under which people reach a role at that load balancer: by host it has one of its own.
func (a App) host(id store.ID, role string, b Balancer) string {
	if a.ByHost {
		return targetGroup(id, role) + "." + b.Domain
	}
	return string(id) + "." + b.Domain
}

// url is where people open the role, empty while it has no place.
func (a App) url(id store.ID, role string, at int) string {
	i, local := place(at)
	if at == 0 || i >= len(a.balancers()) {
		return ""
	}
	b := a.balancers()[i]
	scheme, usual := "http", 80
	if b.Certificate != "" || a.ByHost && a.Listener == 443 {
		scheme, usual = "https", 443
	}
	if a.ByHost {
		local = a.Listener
	}
	u := url.URL{Scheme: scheme, Host: a.host(id, role, b)}
	if !a.ByHost || local != usual {
		u.Host = net.JoinHostPort(u.Host, strconv.Itoa(local))
	}
	return u.String()
}

// door is where a role enters a load balancer: a listener of its own, or a rule on the shared one.
type door struct {
	arn      string
	number   int
	group    string             // target group that it leads to, empty when it does something else
	listener *elbtypes.Listener // nil: it is a rule
	hosts    []string           // of a rule
}

// hall is one load balancer with its doors.
type hall struct {
	Balancer
	elbtypes.LoadBalancer
	shared *elbtypes.Listener // that has the rules, by host; nil: it is not there
	doors  []door
}

// hall reads the load balancer of that place.
func (r *route) hall(ctx context.Context, i int) (h hall, err error) {
	b := r.balancers[i]
	h.Balancer = r.app.balancers()[i]
	if h.LoadBalancer, err = b.find(ctx); err != nil {
		return h, err
	}
	listeners, err := b.listeners(ctx, deref(h.LoadBalancerArn))
	if err != nil {
		return h, err
	}
	for _, l := range listeners {
		port := int(deref(l.Port))
		if !r.app.ByHost {
			h.doors = append(h.doors, door{arn: deref(l.ListenerArn), number: number(i, port), group: forwardsTo(l), listener: &l})
		} else if port == r.app.Listener {
			h.shared = &l
		}
	}
	if h.shared == nil {
		return h, nil
	}
	rules, err := b.rules(ctx, deref(h.shared.ListenerArn))
	for _, x := range rules {
		priority, bad := strconv.Atoi(deref(x.Priority))
		if bad != nil {
			continue // the default one
		}
		d := door{arn: deref(x.RuleArn), number: number(i, priority), group: leadsTo(x.Actions)}
		for _, c := range x.Conditions {
			if deref(c.Field) != "host-header" || c.HostHeaderConfig == nil {
				d.hosts = append(d.hosts, "") // of another kind: it is not as we make it
				continue
			}
			d.hosts = append(d.hosts, c.HostHeaderConfig.Values...)
		}
		h.doors = append(h.doors, d)
	}
	return h, err
}

// rules gives all rules of a listener.
func (b balancer) rules(ctx context.Context, listener string) ([]elbtypes.Rule, error) {
	return list(ctx, b, listener, func(ctx context.Context) (all []elbtypes.Rule, err error) {
		pages := elb.NewDescribeRulesPaginator(b.clients.ELB, &elb.DescribeRulesInput{ListenerArn: &listener, PageSize: new(int32(pageOfBalancer))})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("describe rules of %s: %w", b.name, err)
			}
			all = append(all, page.Rules...)
		}
		return all, nil
	})
}

// fits tells whether a door is as it must be.
func (r *route) fits(env store.Environment, d door, at int, g elbtypes.TargetGroup) bool {
	i, _ := place(at)
	if d.number != at || d.group != deref(g.TargetGroupArn) || i >= len(r.balancers) {
		return false
	}
	b := r.app.balancers()[i]
	if d.listener == nil {
		return slices.Equal(d.hosts, []string{r.app.host(env.ID, r.role.Name, b)})
	}
	certified := b.Certificate == "" || len(d.listener.Certificates) == 1 && deref(d.listener.Certificates[0].CertificateArn) == b.Certificate
	return certified && d.listener.Protocol == protocol(b)
}

func protocol(b Balancer) elbtypes.ProtocolEnum {
	if b.Certificate != "" {
		return elbtypes.ProtocolEnumHttps
	}
	return elbtypes.ProtocolEnumHttp
}

func certificates(b Balancer) []elbtypes.Certificate {
	if b.Certificate == "" {
		return nil
	}
	return []elbtypes.Certificate{{CertificateArn: &b.Certificate}}
}

// open makes a door that leads to the target group.
func (r *route) open(ctx context.Context, env store.Environment, h hall, at int, group string) error {
	defer r.clients.memory.forgetAll(doors)
	_, local := place(at)
	forward := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &group}}
	// DuplicateListener or PriorityInUse: the list that we read lags behind. The next pass sees whose it is, and passes it by.
	if !r.app.ByHost {
		_, err := r.clients.ELB.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: h.LoadBalancerArn,
			Port: new(int32(local)), Protocol: protocol(h.Balancer), Certificates: certificates(h.Balancer), DefaultActions: forward,
			Tags: elbTags(r.app.marks(env))})
		return err
	}
	_, err := r.clients.ELB.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: h.shared.ListenerArn, Priority: new(int32(local)),
		Conditions: r.conditions(env, h), Actions: forward, Tags: elbTags(r.app.marks(env))})
	return err
}

func (r *route) conditions(env store.Environment, h hall) []elbtypes.RuleCondition {
	return []elbtypes.RuleCondition{{Field: new("host-header"),
		HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{r.app.host(env.ID, r.role.Name, h.Balancer)}}}}
}

// mend changes a door of ours at the same load balancer to what it must be.
func (r *route) mend(ctx context.Context, env store.Environment, h hall, d door, at int, group string) error {
	defer r.clients.memory.forgetAll(doors)
	_, local := place(at)
	forward := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &group}}
	if d.listener != nil {
		_, err := r.clients.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &d.arn,
			Port: new(int32(local)), Protocol: protocol(h.Balancer), Certificates: certificates(h.Balancer), DefaultActions: forward})
		return err
	}
	if d.number != at {
		if err := r.shut(ctx, d); err != nil {
			return err
		}
		return r.open(ctx, env, h, at, group)
	}
	_, err := r.clients.ELB.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &d.arn, Conditions: r.conditions(env, h), Actions: forward})
	return err
}

// shut deletes a door; one that is gone is success.
func (r *route) shut(ctx context.Context, d door) (err error) {
	defer r.clients.memory.forgetAll(doors)
	if d.listener != nil {
		_, err = r.clients.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &d.arn})
	} else {
		_, err = r.clients.ELB.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &d.arn})
	}
	if err != nil && !coded(err, "ListenerNotFound", "ListenerNotFoundException", "RuleNotFound", "RuleNotFoundException") {
		return fmt.Errorf("delete %s: %w", d.arn, err)
	}
	return nil
}
