package compute

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/provisioner"
)

// Sizes that the API sets.
const (
	pageOfBalancer = 400
	tagsPerCall    = 20
)

// balancer is the load balancer that all environments share. The methods only read.
type balancer struct {
	clients *Clients
	name    string           // or ARN
	now     func() time.Time // nil: time.Now
	share   time.Duration    // how old the lists of doors may be in a look
}

func (b balancer) clock() time.Time { return Options{Now: b.now}.now() }

// find gives the load balancer itself. Which one has the name is remembered for a while.
func (b balancer) find(ctx context.Context) (elbtypes.LoadBalancer, error) {
	known, ok := recall[elbtypes.LoadBalancer](&b.clients.memory, b.key(), b.clock())
	if ok {
		return known, nil
	}
	return provisioner.Once(ctx, b.key(), b.describe)
}

func (b balancer) key() string { return "balancer/" + b.name }

func (b balancer) describe(ctx context.Context) (elbtypes.LoadBalancer, error) {
	in := &elb.DescribeLoadBalancersInput{Names: []string{b.name}}
	if strings.HasPrefix(b.name, "arn:") {
		in = &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{b.name}}
	}
	out, err := b.clients.ELB.DescribeLoadBalancers(ctx, in)
	if err != nil {
		return elbtypes.LoadBalancer{}, fmt.Errorf("describe load balancer %s: %w", b.name, err)
	}
	if len(out.LoadBalancers) == 0 {
		return elbtypes.LoadBalancer{}, fmt.Errorf("describe load balancer %s: no answer for it", b.name)
	}
	b.clients.memory.keep(b.key(), out.LoadBalancers[0], b.clock().Add(brief))
	return out.LoadBalancers[0], nil
}

// doors is the beginning of the keys under which lists of listeners, rules and target groups are remembered.
const doors = "doors/"

// manyGroups is the key under which it is remembered that the list of target groups takes several calls.
const manyGroups = "many groups"

// list gives what ask gives; in a look, also what it gave a moment ago, to a look at another environment.
func list[T any](ctx context.Context, b balancer, of string, ask func(context.Context) ([]T, error)) ([]T, error) {
	key, shares := doors+of, provisioner.Looking(ctx) && b.share > 0
	if known, ok := recall[[]T](&b.clients.memory, key, b.clock()); ok && shares {
		return known, nil
	}
	return provisioner.Once(ctx, key, func(ctx context.Context) ([]T, error) {
		all, err := ask(ctx)
		if err == nil && shares {
			b.clients.memory.keep(key, all, b.clock().Add(b.share))
		}
		return all, err
	})
}

// listeners gives all that the load balancer has.
func (b balancer) listeners(ctx context.Context, arn string) ([]elbtypes.Listener, error) {
	return list(ctx, b, arn, func(ctx context.Context) (all []elbtypes.Listener, err error) {
		pages := elb.NewDescribeListenersPaginator(b.clients.ELB, &elb.DescribeListenersInput{LoadBalancerArn: &arn,
			PageSize: new(int32(pageOfBalancer))})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if coded(err, "LoadBalancerNotFound", "LoadBalancerNotFoundException") {
				b.clients.memory.forget(b.key())
			}
			if err != nil {
				return nil, fmt.Errorf("describe listeners of %s: %w", b.name, err)
			}
			all = append(all, page.Listeners...)
		}
		return all, nil
	})
}

// groups gives the target groups of those names that are there, whether or not a listener uses them. Looks share the list of
// all, where one call gives it; a step asks for one by its name.
func (b balancer) groups(ctx context.Context, names []string) (map[string]elbtypes.TargetGroup, error) {
	if len(names) == 1 && !provisioner.AtRest(ctx) && !b.listsGroups(ctx) {
		return provisioner.Once(ctx, "group/"+names[0], func(ctx context.Context) (map[string]elbtypes.TargetGroup, error) {
			return b.pages(ctx, &elb.DescribeTargetGroupsInput{Names: names})
		})
	}
	all, err := list(ctx, b, "groups", func(ctx context.Context) ([]elbtypes.TargetGroup, error) {
		found, err := b.pages(ctx, &elb.DescribeTargetGroupsInput{PageSize: new(int32(pageOfBalancer))})
		if len(found) > pageOfBalancer {
			b.clients.memory.keep(manyGroups, true, b.clock().Add(brief))
		}
		return slices.Collect(maps.Values(found)), err
	})
	if err != nil {
		return nil, err
	}
	byName := make(map[string]elbtypes.TargetGroup, len(all))
	for _, g := range all {
		byName[deref(g.TargetGroupName)] = g
	}
	found := map[string]elbtypes.TargetGroup{}
	for _, name := range names {
		if g, ok := byName[name]; ok {
			found[name] = g
		}
	}
	return found, nil
}

// listsGroups tells whether a look at one environment reads the list of all target groups.
func (b balancer) listsGroups(ctx context.Context) bool {
	many, _ := recall[bool](&b.clients.memory, manyGroups, b.clock())
	return provisioner.Looking(ctx) && b.share > 0 && !many
}

func (b balancer) pages(ctx context.Context, in *elb.DescribeTargetGroupsInput) (map[string]elbtypes.TargetGroup, error) {
	found := map[string]elbtypes.TargetGroup{}
	pages := elb.NewDescribeTargetGroupsPaginator(b.clients.ELB, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if coded(err, "TargetGroupNotFound", "TargetGroupNotFoundException") {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("describe target groups: %w", err)
		}
		for _, g := range page.TargetGroups {
			found[deref(g.TargetGroupName)] = g
		}
	}
	return found, nil
}

// attributes gives each target group's attributes, by ARN. The API has them one group at a time.
func (b balancer) attributes(ctx context.Context, arns []string) (map[string]map[string]string, error) {
	found := map[string]map[string]string{}
	var mu sync.Mutex
	err := each(ctx, len(arns), func(ctx context.Context, i int) error {
		out, err := b.clients.ELB.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &arns[i]})
		if coded(err, "TargetGroupNotFound", "TargetGroupNotFoundException") {
			return nil
		}
		if err != nil {
			return fmt.Errorf("describe attributes of %s: %w", arns[i], err)
		}
		attributes := map[string]string{}
		for _, a := range out.Attributes {
			attributes[deref(a.Key)] = deref(a.Value)
		}
		mu.Lock()
		defer mu.Unlock()
		found[arns[i]] = attributes
		return nil
	})
	return found, err
}

// tags gives the tags of what belongs to load balancing, by ARN. What is gone meanwhile is missing from the answer.
func (b balancer) tags(ctx context.Context, arns []string) (map[string]map[string]string, error) {
	arns = unique(arns)
	found := map[string]map[string]string{}
	if provisioner.Looking(ctx) {
		found, arns = b.clients.memory.known(arns)
	}
	for part := range slices.Chunk(arns, tagsPerCall) {
		out, err := b.clients.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: part})
		if err != nil {
			return nil, fmt.Errorf("describe tags: %w", err)
		}
		read := map[string]map[string]string{}
		for _, d := range out.TagDescriptions {
			tags := map[string]string{}
			for _, t := range d.Tags {
				tags[deref(t.Key)] = deref(t.Value)
			}
			read[deref(d.ResourceArn)] = tags
		}
		maps.Copy(found, read)
		b.clients.memory.learn(read)
	}
	return found, nil
}

// forwardsTo gives the target group that a listener sends everything to, empty when it does something else.
func forwardsTo(l elbtypes.Listener) string { return leadsTo(l.DefaultActions) }

func leadsTo(actions []elbtypes.Action) string {
	if len(actions) != 1 || actions[0].Type != elbtypes.ActionTypeEnumForward {
		return ""
	}
	a := actions[0]
	if a.TargetGroupArn == nil && a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) == 1 {
		return deref(a.ForwardConfig.TargetGroups[0].TargetGroupArn)
	}
	return deref(a.TargetGroupArn)
}

// shared gives the app's load balancers.
func (a App) shared(clients *Clients, o Options) (all []balancer) {
	for _, b := range a.balancers() {
		all = append(all, balancer{clients: clients, name: b.Name, now: o.Now, share: o.Share})
	}
	return all
}
