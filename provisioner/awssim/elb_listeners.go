package awssim

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type listener struct {
	data    types.Listener
	created time.Time
	front   *front // nil while the region does not really listen
}

// targetGroupsOf are the target groups that actions forward to.
func targetGroupsOf(actions []types.Action) []string {
	var arns []string
	for _, a := range actions {
		if a.TargetGroupArn != nil {
			arns = append(arns, *a.TargetGroupArn)
		}
		if a.ForwardConfig != nil {
			for _, t := range a.ForwardConfig.TargetGroups {
				arns = append(arns, deref(t.TargetGroupArn))
			}
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

// uses tells whether actions forward to the target group.
func uses(actions []types.Action, group string) bool {
	for _, a := range actions {
		if deref(a.TargetGroupArn) == group {
			return true
		}
		if a.ForwardConfig != nil {
			for _, t := range a.ForwardConfig.TargetGroups {
				if deref(t.TargetGroupArn) == group {
					return true
				}
			}
		}
	}
	return false
}

// balancersOf are the balancers whose listeners and rules use the target group.
func (r *Region) balancersOf(group string) []string {
	arns := []string{}
	for _, l := range r.listeners {
		if uses(l.data.DefaultActions, group) {
			arns = append(arns, *l.data.LoadBalancerArn)
		}
	}
	for _, x := range r.rules {
		if uses(x.data.Actions, group) {
			arns = append(arns, *r.listeners[x.listener].data.LoadBalancerArn)
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}

// groupsOn are the target groups that a balancer uses.
func (r *Region) groupsOn(balancer string) map[string]bool {
	groups := map[string]bool{}
	for _, l := range r.listeners {
		if *l.data.LoadBalancerArn == balancer {
			for _, g := range targetGroupsOf(l.data.DefaultActions) {
				groups[g] = true
			}
		}
	}
	for _, x := range r.rules {
		if *r.listeners[x.listener].data.LoadBalancerArn == balancer {
			for _, g := range targetGroupsOf(x.data.Actions) {
				groups[g] = true
			}
		}
	}
	return groups
}

// AddListener makes a listener as operators do for rules of others: by itself it answers with that status.
func (r *Region) AddListener(balancer string, port, status int) (arn string, err error) {
	r.locked(func() {
		for _, b := range r.balancers {
			if *b.data.LoadBalancerName != balancer {
				continue
			}
			var out *elb.CreateListenerOutput
			if out, err = r.createListener(&elb.CreateListenerInput{LoadBalancerArn: b.data.LoadBalancerArn, Port: new(int32(port)), Protocol: types.ProtocolEnumHttp,
				DefaultActions: []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: new(strconv.Itoa(status))}}}}); err == nil {
				arn = *out.Listeners[0].ListenerArn
			}
			return
		}
		err = fail("LoadBalancerNotFound", "Load balancer '%s' not found", balancer)
	})
	return arn, err
}

func (r *Region) listenerAt(balancer string, port int32) *listener {
	for _, l := range r.listeners {
		if *l.data.LoadBalancerArn == balancer && *l.data.Port == port {
			return l
		}
	}
	return nil
}

func (r *Region) listener(arn *string) (*listener, error) {
	l := r.listeners[deref(arn)]
	if l == nil {
		return nil, fail("ListenerNotFound", "One or more listeners not found")
	}
	return l, nil
}

// checkActions looks at actions of a listener or rule on the balancer.
func (r *Region) checkActions(actions []types.Action, balancer string) error {
	if len(actions) == 0 {
		return fail("ValidationError", "A listener or rule must have an action")
	}
	for _, a := range actions {
		if a.Type != types.ActionTypeEnumForward && a.Type != types.ActionTypeEnumFixedResponse {
			return fail("ValidationError", "The simulated region knows the actions forward and fixed-response, not '%s'", a.Type)
		}
	}
	used := r.groupsOn(balancer)
	for _, arn := range targetGroupsOf(actions) {
		if _, err := r.group(&arn); err != nil {
			return err
		}
		if others := r.balancersOf(arn); len(others) > 0 && !slices.Contains(others, balancer) {
			return fail("TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: %s", arn)
		}
		used[arn] = true
	}
	if len(used) > r.opts.Quotas.TargetGroupsPerBalancer {
		return fail("TooManyUniqueTargetGroupsPerLoadBalancer", "You have reached the maximum number of unique target groups that you can associate with a load balancer: %d",
			r.opts.Quotas.TargetGroupsPerBalancer)
	}
	return nil
}

func (r *Region) createListener(in *elb.CreateListenerInput) (*elb.CreateListenerOutput, error) {
	b, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	port := deref(in.Port)
	if port < 1 || port > 65535 {
		return nil, fail("ValidationError", "Port '%d' is not valid", port)
	}
	if in.Protocol != types.ProtocolEnumHttp {
		return nil, fail("ValidationError", "The simulated region knows listeners of protocol HTTP, not '%s'", in.Protocol)
	}
	data := types.Listener{}
	copyMembers(&data, in)
	data.DefaultActions = normalActions(in.DefaultActions)
	if old := r.listenerAt(*in.LoadBalancerArn, port); old != nil {
		same := old.data
		same.ListenerArn = nil
		if !reflect.DeepEqual(same, data) {
			return nil, fail("DuplicateListener", "A listener already exists on this port for this load balancer '%s'", *in.LoadBalancerArn)
		}
		return &elb.CreateListenerOutput{Listeners: []types.Listener{old.data}}, nil
	}
	if err := r.checkActions(in.DefaultActions, *in.LoadBalancerArn); err != nil {
		return nil, err
	}
	if n := r.countListeners(*in.LoadBalancerArn); n >= r.opts.Quotas.ListenersPerBalancer {
		return nil, fail("TooManyListeners", "Load balancer '%s' has reached its limit of %d listeners", *b.data.LoadBalancerName, n)
	}
	front, err := r.openFront(port)
	if err != nil {
		return nil, err
	}
	arn := strings.Replace(*in.LoadBalancerArn, ":loadbalancer/", ":listener/", 1) + "/" + r.newID(16)
	data.ListenerArn = &arn
	r.listeners[arn] = &listener{data: data, created: r.clock.now, front: front}
	r.serveFront(arn, front)
	r.tag(arn, elbTagMap(in.Tags))
	return &elb.CreateListenerOutput{Listeners: []types.Listener{data}}, nil
}

// normalActions says a forward action in both of its forms, as descriptions do.
func normalActions(actions []types.Action) []types.Action {
	out := slices.Clone(actions)
	for i, a := range out {
		switch {
		case a.Type != types.ActionTypeEnumForward:
		case a.ForwardConfig == nil && a.TargetGroupArn != nil:
			out[i].ForwardConfig = &types.ForwardActionConfig{TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: new(false)},
				TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn, Weight: new(int32(1))}}}
		case a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) == 1:
			out[i].TargetGroupArn = a.ForwardConfig.TargetGroups[0].TargetGroupArn
		}
	}
	return out
}

func (r *Region) countListeners(balancer string) (n int) {
	for _, l := range r.listeners {
		if *l.data.LoadBalancerArn == balancer {
			n++
		}
	}
	return n
}

func (r *Region) modifyListener(in *elb.ModifyListenerInput) (*elb.ModifyListenerOutput, error) {
	l, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	data := l.data
	copyMembers(&data, in)
	if in.DefaultActions != nil {
		if err := r.checkActions(in.DefaultActions, *data.LoadBalancerArn); err != nil {
			return nil, err
		}
		data.DefaultActions = normalActions(in.DefaultActions)
	}
	if *data.Port != *l.data.Port {
		if r.listenerAt(*data.LoadBalancerArn, *data.Port) != nil {
			return nil, fail("DuplicateListener", "A listener already exists on port %d", *data.Port)
		}
		front, err := r.openFront(*data.Port)
		if err != nil {
			return nil, err
		}
		l.front.close()
		l.front = front
		r.serveFront(*data.ListenerArn, front)
	}
	l.data = data
	return &elb.ModifyListenerOutput{Listeners: []types.Listener{data}}, nil
}

// sortedListeners are all listeners by balancer and port.
func (r *Region) sortedListeners() []*listener {
	return slices.SortedFunc(maps.Values(r.listeners), func(a, b *listener) int {
		return cmp.Or(cmp.Compare(*a.data.LoadBalancerArn, *b.data.LoadBalancerArn), cmp.Compare(*a.data.Port, *b.data.Port))
	})
}

func (r *Region) describeListeners(in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	if in.LoadBalancerArn == nil && len(in.ListenerArns) == 0 {
		return nil, fail("ValidationError", "You must specify either listener ARNs or a load balancer ARN")
	}
	if in.LoadBalancerArn != nil {
		if _, err := r.balancer(in.LoadBalancerArn); err != nil {
			return nil, err
		}
	}
	found := []types.Listener{}
	for _, l := range r.sortedListeners() {
		if r.visible(l.created) && (slices.Contains(in.ListenerArns, *l.data.ListenerArn) ||
			len(in.ListenerArns) == 0 && *l.data.LoadBalancerArn == *in.LoadBalancerArn) {
			found = append(found, l.data)
		}
	}
	if len(found) < len(in.ListenerArns) {
		return nil, fail("ListenerNotFound", "One or more listeners not found")
	}
	items, next, err := elbPage(found, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeListenersOutput{Listeners: items, NextMarker: next}, nil
}

func (r *Region) deleteListener(in *elb.DeleteListenerInput) (*elb.DeleteListenerOutput, error) {
	l, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	l.front.close()
	r.dropRules(*in.ListenerArn)
	delete(r.listeners, *in.ListenerArn)
	r.untag(*in.ListenerArn)
	return &elb.DeleteListenerOutput{}, nil
}
