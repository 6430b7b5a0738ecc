package awssim

import (
	"cmp"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type targetGroup struct {
	data       types.TargetGroup
	attributes map[string]string
	targets    []*target
	created    time.Time
}

func (g *targetGroup) arn() string { return *g.data.TargetGroupArn }

const drainAttribute = "deregistration_delay.timeout_seconds"

// groupAttributes are the attributes that may be set, with their defaults.
func groupAttributes() map[string]string {
	return map[string]string{
		drainAttribute: "300", "slow_start.duration_seconds": "0", "stickiness.enabled": "false",
		"stickiness.type": "lb_cookie", "stickiness.lb_cookie.duration_seconds": "86400",
		"stickiness.app_cookie.cookie_name": "", "stickiness.app_cookie.duration_seconds": "86400",
		"load_balancing.algorithm.type": "round_robin", "load_balancing.algorithm.anomaly_mitigation": "off",
		"load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
	}
}

// drainDelay is how long a target goes on draining.
func (g *targetGroup) drainDelay() time.Duration {
	n, _ := strconv.Atoi(g.attributes[drainAttribute]) // checked when it was set
	return time.Duration(n) * time.Second
}

func (g *targetGroup) interval() time.Duration {
	return time.Duration(*g.data.HealthCheckIntervalSeconds) * time.Second
}

func (r *Region) group(arn *string) (*targetGroup, error) {
	g := r.groups[deref(arn)]
	if g == nil {
		return nil, fail("TargetGroupNotFound", "Target groups '%s' not found", deref(arn))
	}
	return g, nil
}

var elbName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$`)

func (r *Region) createTargetGroup(in *elb.CreateTargetGroupInput) (*elb.CreateTargetGroupOutput, error) {
	name := deref(in.Name)
	switch {
	case len(name) > 32:
		return nil, fail("ValidationError", "Target group name '%s' cannot be longer than '32' characters", name)
	case !elbName.MatchString(name):
		return nil, fail("ValidationError", "Target group name '%s' can only contain characters that are alphanumeric characters and hyphens(-), and must not begin or end with a hyphen", name)
	case in.Protocol != types.ProtocolEnumHttp && in.Protocol != types.ProtocolEnumHttps && in.TargetType != types.TargetTypeEnumLambda:
		return nil, fail("ValidationError", "Protocol '%s' is not one of HTTP, HTTPS", in.Protocol)
	case deref(in.Port) < 1 || deref(in.Port) > 65535:
		return nil, fail("ValidationError", "Port '%d' is not valid", deref(in.Port))
	case deref(in.VpcId) == "":
		return nil, fail("ValidationError", "A VPC ID is required")
	}
	g := &targetGroup{data: newGroupData(in), attributes: groupAttributes(), created: r.clock.now}
	if err := checkHealthSettings(&g.data); err != nil {
		return nil, err
	}
	if old := r.groupNamed(name); old != nil {
		if !sameGroup(old.data, g.data) {
			return nil, fail("DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", name)
		}
		return &elb.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{r.describeGroup(old)}}, nil
	}
	if len(r.groups) >= r.opts.Quotas.TargetGroups {
		return nil, fail("TooManyTargetGroups", "The maximum number of target groups has been reached")
	}
	arn := r.arn("elasticloadbalancing", "targetgroup/"+name+"/"+r.newID(16))
	g.data.TargetGroupArn = &arn
	r.groups[arn] = g
	r.tag(arn, elbTagMap(in.Tags))
	return &elb.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{r.describeGroup(g)}}, nil
}

func newGroupData(in *elb.CreateTargetGroupInput) types.TargetGroup {
	data := types.TargetGroup{
		HealthCheckEnabled: new(true), HealthCheckIntervalSeconds: new(int32(30)), HealthCheckPath: new("/"),
		HealthCheckPort: new("traffic-port"), HealthCheckProtocol: types.ProtocolEnumHttp, HealthCheckTimeoutSeconds: new(int32(5)),
		HealthyThresholdCount: new(int32(5)), UnhealthyThresholdCount: new(int32(2)), Matcher: &types.Matcher{HttpCode: new("200")},
		TargetType: types.TargetTypeEnumInstance, ProtocolVersion: new("HTTP1"), IpAddressType: types.TargetGroupIpAddressTypeEnumIpv4,
	}
	copyMembers(&data, in)
	data.TargetGroupName = in.Name
	return data
}

func checkHealthSettings(d *types.TargetGroup) error {
	within := func(n *int32, low, high int32) bool { return n != nil && *n >= low && *n <= high }
	switch {
	case !within(d.HealthCheckIntervalSeconds, 5, 300):
		return fail("ValidationError", "Health check interval must be between 5 and 300 seconds")
	case !within(d.HealthCheckTimeoutSeconds, 2, 120):
		return fail("ValidationError", "Health check timeout must be between 2 and 120 seconds")
	case *d.HealthCheckTimeoutSeconds >= *d.HealthCheckIntervalSeconds:
		return fail("ValidationError", "Health check timeout '%d' must be smaller than or equal to the interval '%d'", *d.HealthCheckTimeoutSeconds, *d.HealthCheckIntervalSeconds)
	case !within(d.HealthyThresholdCount, 2, 10) || !within(d.UnhealthyThresholdCount, 2, 10):
		return fail("ValidationError", "Health check thresholds must be between 2 and 10")
	case !strings.HasPrefix(deref(d.HealthCheckPath), "/"):
		return fail("ValidationError", "Health check path '%s' must begin with a '/'", deref(d.HealthCheckPath))
	}
	return nil
}

// sameGroup compares settings, leaving out what the service gives itself.
func sameGroup(a, b types.TargetGroup) bool {
	a.TargetGroupArn, b.TargetGroupArn = nil, nil
	return reflect.DeepEqual(a, b)
}

func (r *Region) groupNamed(name string) *targetGroup {
	for _, g := range r.groups {
		if *g.data.TargetGroupName == name {
			return g
		}
	}
	return nil
}

func (r *Region) describeGroup(g *targetGroup) types.TargetGroup {
	out := g.data
	out.LoadBalancerArns = r.balancersOf(g.arn())
	return out
}

// sortedGroups are all target groups by name.
func (r *Region) sortedGroups() []*targetGroup {
	return slices.SortedFunc(maps.Values(r.groups), func(a, b *targetGroup) int {
		return cmp.Compare(*a.data.TargetGroupName, *b.data.TargetGroupName)
	})
}

func (r *Region) describeTargetGroups(in *elb.DescribeTargetGroupsInput) (*elb.DescribeTargetGroupsOutput, error) {
	if in.LoadBalancerArn != nil {
		if _, err := r.balancer(in.LoadBalancerArn); err != nil {
			return nil, err
		}
	}
	found, known := []types.TargetGroup{}, map[string]bool{}
	for _, g := range r.sortedGroups() {
		out := r.describeGroup(g)
		if !r.visible(g.created) ||
			len(in.Names) > 0 && !slices.Contains(in.Names, *g.data.TargetGroupName) ||
			len(in.TargetGroupArns) > 0 && !slices.Contains(in.TargetGroupArns, g.arn()) ||
			in.LoadBalancerArn != nil && !slices.Contains(out.LoadBalancerArns, *in.LoadBalancerArn) {
			continue
		}
		known[*g.data.TargetGroupName], known[g.arn()] = true, true
		found = append(found, out)
	}
	for _, asked := range slices.Concat(in.Names, in.TargetGroupArns) {
		if !known[asked] {
			return nil, fail("TargetGroupNotFound", "One or more target groups not found")
		}
	}
	items, next, err := elbPage(found, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeTargetGroupsOutput{TargetGroups: items, NextMarker: next}, nil
}

func (r *Region) modifyTargetGroup(in *elb.ModifyTargetGroupInput) (*elb.ModifyTargetGroupOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	data := g.data
	copyMembers(&data, in)
	if err := checkHealthSettings(&data); err != nil {
		return nil, err
	}
	g.data = data
	return &elb.ModifyTargetGroupOutput{TargetGroups: []types.TargetGroup{r.describeGroup(g)}}, nil
}

// deleteTargetGroup succeeds when the group is gone already: the call knows no NotFound error.
func (r *Region) deleteTargetGroup(in *elb.DeleteTargetGroupInput) (*elb.DeleteTargetGroupOutput, error) {
	arn := deref(in.TargetGroupArn)
	if len(r.balancersOf(arn)) > 0 {
		return nil, fail("ResourceInUse", "Target group '%s' is currently in use by a listener or a rule", arn)
	}
	delete(r.groups, arn)
	r.untag(arn)
	return &elb.DeleteTargetGroupOutput{}, nil
}

func (g *targetGroup) attributeList() []types.TargetGroupAttribute {
	return tagsAs(g.attributes, func(k, v string) types.TargetGroupAttribute { return types.TargetGroupAttribute{Key: &k, Value: &v} })
}

func (r *Region) modifyTargetGroupAttributes(in *elb.ModifyTargetGroupAttributesInput) (*elb.ModifyTargetGroupAttributesOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	for _, a := range in.Attributes {
		if _, known := g.attributes[deref(a.Key)]; !known {
			return nil, fail("ValidationError", "Target group attribute key '%s' is not recognized", deref(a.Key))
		}
		n, err := strconv.Atoi(deref(a.Value))
		if *a.Key == drainAttribute && (err != nil || n < 0 || n > 3600) {
			return nil, fail("ValidationError", "'%s' must be between 0 and 3600", drainAttribute)
		}
	}
	for _, a := range in.Attributes {
		g.attributes[*a.Key] = deref(a.Value)
	}
	return &elb.ModifyTargetGroupAttributesOutput{Attributes: g.attributeList()}, nil
}

func (r *Region) describeTargetGroupAttributes(in *elb.DescribeTargetGroupAttributesInput) (*elb.DescribeTargetGroupAttributesOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeTargetGroupAttributesOutput{Attributes: g.attributeList()}, nil
}
