package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Sizes that the API sets.
const (
	pageOfBalancer = 400
	tagsPerCall    = 20
)

// balancer is the load balancer that all environments share. The methods only read.
type balancer struct {
	clients *Clients
	name    string // or ARN
}

// find gives the load balancer itself.
func (b balancer) find(ctx context.Context) (elbtypes.LoadBalancer, error) {
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
	return out.LoadBalancers[0], nil
}

// listeners gives all that the load balancer has.
func (b balancer) listeners(ctx context.Context, arn string) (all []elbtypes.Listener, err error) {
	pages := elb.NewDescribeListenersPaginator(b.clients.ELB, &elb.DescribeListenersInput{LoadBalancerArn: &arn,
		PageSize: new(int32(pageOfBalancer))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe listeners of %s: %w", b.name, err)
		}
		all = append(all, page.Listeners...)
	}
	return all, nil
}

// groups gives the target groups of those names that are there, whether or not a listener uses them.
func (b balancer) groups(ctx context.Context, names []string) (map[string]elbtypes.TargetGroup, error) {
	found := map[string]elbtypes.TargetGroup{}
	in := &elb.DescribeTargetGroupsInput{PageSize: new(int32(pageOfBalancer))}
	if len(names) == 1 {
		in = &elb.DescribeTargetGroupsInput{Names: names}
	}
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
			if name := deref(g.TargetGroupName); slices.Contains(names, name) {
				found[name] = g
			}
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

// tags gives the tags of listeners and target groups, by ARN. What is gone meanwhile is missing from the answer.
func (b balancer) tags(ctx context.Context, arns []string) (map[string]map[string]string, error) {
	found := map[string]map[string]string{}
	for part := range slices.Chunk(unique(arns), tagsPerCall) {
		out, err := b.clients.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: part})
		if err != nil {
			return nil, fmt.Errorf("describe tags: %w", err)
		}
		for _, d := range out.TagDescriptions {
			tags := map[string]string{}
			for _, t := range d.Tags {
				tags[deref(t.Key)] = deref(t.Value)
			}
			found[deref(d.ResourceArn)] = tags
		}
	}
	return found, nil
}

// forwardsTo gives the target group that a listener sends everything to, empty when it does something else.
func forwardsTo(l elbtypes.Listener) string {
	if len(l.DefaultActions) != 1 || l.DefaultActions[0].Type != elbtypes.ActionTypeEnumForward {
		return ""
	}
	a := l.DefaultActions[0]
	if a.TargetGroupArn == nil && a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) == 1 {
		return deref(a.ForwardConfig.TargetGroups[0].TargetGroupArn)
	}
	return deref(a.TargetGroupArn)
}
