package awssim

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type balancer struct {
	data types.LoadBalancer
}

func (r *Region) elbRoutes(ops operations) {
	on(ops, elbAPI, r.describeLoadBalancers)
	on(ops, elbAPI, r.describeAccountLimits)
	on(ops, elbAPI, r.createTargetGroup)
	on(ops, elbAPI, r.describeTargetGroups)
	on(ops, elbAPI, r.modifyTargetGroup)
	on(ops, elbAPI, r.deleteTargetGroup)
	on(ops, elbAPI, r.modifyTargetGroupAttributes)
	on(ops, elbAPI, r.describeTargetGroupAttributes)
	on(ops, elbAPI, r.createListener)
	on(ops, elbAPI, r.modifyListener)
	on(ops, elbAPI, r.describeListeners)
	on(ops, elbAPI, r.deleteListener)
	on(ops, elbAPI, r.createRule)
	on(ops, elbAPI, r.modifyRule)
	on(ops, elbAPI, r.setRulePriorities)
	on(ops, elbAPI, r.describeRules)
	on(ops, elbAPI, r.deleteRule)
	on(ops, elbAPI, r.registerTargets)
	on(ops, elbAPI, r.deregisterTargets)
	on(ops, elbAPI, r.describeTargetHealth)
	on(ops, elbAPI, r.addELBTags)
	on(ops, elbAPI, r.describeELBTags)
}

// AddLoadBalancer adds an application load balancer and returns its ARN.
func (r *Region) AddLoadBalancer(name, dnsName string) (arn string) {
	r.locked(func() {
		arn = r.arn("elasticloadbalancing", "loadbalancer/app/"+name+"/"+r.newID(16))
		created := r.clock.now
		r.balancers[arn] = &balancer{data: types.LoadBalancer{LoadBalancerArn: &arn, LoadBalancerName: &name, DNSName: &dnsName,
			CreatedTime: &created, Type: types.LoadBalancerTypeEnumApplication, Scheme: types.LoadBalancerSchemeEnumInternetFacing,
			State: &types.LoadBalancerState{Code: types.LoadBalancerStateEnumActive}, VpcId: new(VPC), IpAddressType: types.IpAddressTypeIpv4,
			SecurityGroups: []string{BalancerGroup}, AvailabilityZones: zones(r.network, PublicSubnet)}}
	})
	return arn
}

// zones are those of a load balancer's subnets.
func zones(n Network, subnets ...string) (all []types.AvailabilityZone) {
	for _, s := range n.Subnets {
		if slices.Contains(subnets, s.ID) {
			all = append(all, types.AvailabilityZone{SubnetId: new(s.ID), ZoneName: new(s.Zone)})
		}
	}
	return all
}

func (r *Region) balancer(arn *string) (*balancer, error) {
	b := r.balancers[deref(arn)]
	if b == nil {
		return nil, fail("LoadBalancerNotFound", "Load balancer '%s' not found", deref(arn))
	}
	return b, nil
}

// elbPage cuts a page the way of ELBv2: PageSize 1 to 400, and a Marker.
func elbPage[T any](all []T, marker *string, size *int32) ([]T, *string, error) {
	if size != nil && (*size < 1 || *size > 400) {
		return nil, nil, fail("ValidationError", "1 validation error detected: Value '%d' at 'pageSize' must be between 1 and 400", *size)
	}
	items, next, ok := page(all, marker, pageSize(size, 400))
	if !ok {
		return nil, nil, fail("ValidationError", "Marker '%s' is not valid", deref(marker))
	}
	return items, next, nil
}

func (r *Region) describeLoadBalancers(in *elb.DescribeLoadBalancersInput) (*elb.DescribeLoadBalancersOutput, error) {
	if len(in.LoadBalancerArns) > 20 || len(in.Names) > 20 {
		return nil, fail("ValidationError", "Up to 20 load balancers can be described in one call")
	}
	var found []types.LoadBalancer
	names := map[string]bool{}
	for _, arn := range slices.Sorted(maps.Keys(r.balancers)) {
		b := r.balancers[arn]
		if len(in.Names) > 0 && !slices.Contains(in.Names, *b.data.LoadBalancerName) ||
			len(in.LoadBalancerArns) > 0 && !slices.Contains(in.LoadBalancerArns, arn) {
			continue
		}
		names[*b.data.LoadBalancerName], names[arn] = true, true
		found = append(found, b.data)
	}
	for _, asked := range slices.Concat(in.Names, in.LoadBalancerArns) {
		if !names[asked] {
			return nil, fail("LoadBalancerNotFound", "Load balancers '[%s]' not found", asked)
		}
	}
	items, next, err := elbPage(found, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeLoadBalancersOutput{LoadBalancers: items, NextMarker: next}, nil
}

// elbExists checks an ARN of any ELBv2 resource; the error is that of its kind.
func (r *Region) elbExists(arn string) error {
	_, isGroup := r.groups[arn]
	_, isListener := r.listeners[arn]
	_, isBalancer := r.balancers[arn]
	_, isRule := r.rules[arn]
	switch {
	case isGroup || isListener || isBalancer || isRule:
		return nil
	case strings.Contains(arn, ":targetgroup/"):
		return fail("TargetGroupNotFound", "Target group '%s' not found", arn)
	case strings.Contains(arn, ":listener-rule/"):
		return fail("RuleNotFound", "Rule '%s' not found", arn)
	case strings.Contains(arn, ":listener/"):
		return fail("ListenerNotFound", "Listener '%s' not found", arn)
	case strings.Contains(arn, ":loadbalancer/"):
		return fail("LoadBalancerNotFound", "Load balancer '%s' not found", arn)
	}
	return fail("ValidationError", "'%s' is not a valid ARN of a load balancer, target group, listener or rule", arn)
}

func elbTagMap(tags []types.Tag) map[string]string {
	return tagMap(tags, func(t types.Tag) (k, v *string) { return t.Key, t.Value })
}

func (r *Region) addELBTags(in *elb.AddTagsInput) (*elb.AddTagsOutput, error) {
	for _, arn := range in.ResourceArns {
		if err := r.elbExists(arn); err != nil {
			return nil, err
		}
	}
	for _, arn := range in.ResourceArns {
		r.tag(arn, elbTagMap(in.Tags))
	}
	return &elb.AddTagsOutput{}, nil
}

func (r *Region) describeELBTags(in *elb.DescribeTagsInput) (*elb.DescribeTagsOutput, error) {
	if len(in.ResourceArns) == 0 || len(in.ResourceArns) > 20 {
		return nil, fail("ValidationError", "Between 1 and 20 resources can be described in one call")
	}
	out := &elb.DescribeTagsOutput{}
	for _, arn := range in.ResourceArns {
		if err := r.elbExists(arn); err != nil {
			return nil, err
		}
		out.TagDescriptions = append(out.TagDescriptions, types.TagDescription{ResourceArn: &arn,
			Tags: tagsAs(r.tags.live[arn], func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} })})
	}
	return out, nil
}

func (r *Region) describeAccountLimits(*elb.DescribeAccountLimitsInput) (*elb.DescribeAccountLimitsOutput, error) {
	out := &elb.DescribeAccountLimitsOutput{}
	for _, l := range []struct {
		name string
		most int
	}{
		{"listeners-per-application-load-balancer", r.opts.Quotas.ListenersPerBalancer},
		{"rules-per-application-load-balancer", r.opts.Quotas.RulesPerBalancer},
		{"target-groups", r.opts.Quotas.TargetGroups},
		{"target-groups-per-application-load-balancer", r.opts.Quotas.TargetGroupsPerBalancer},
	} {
		out.Limits = append(out.Limits, types.Limit{Name: &l.name, Max: new(strconv.Itoa(l.most))})
	}
	return out, nil
}
