package awssim

import (
	"cmp"
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// rule is one of a listener's, but for its default one.
type rule struct {
	data     types.Rule
	listener string // ARN
	created  time.Time
}

func (x *rule) arn() string { return *x.data.RuleArn }

func (x *rule) priority() int {
	n, _ := strconv.Atoi(*x.data.Priority) // checked when it was set
	return n
}

const lowestPriority = 50000

// rulesOf are a listener's rules in the order in which they are tried.
func (r *Region) rulesOf(listener string) []*rule {
	var found []*rule
	for _, x := range r.rules {
		if x.listener == listener {
			found = append(found, x)
		}
	}
	slices.SortFunc(found, func(a, b *rule) int { return cmp.Compare(a.priority(), b.priority()) })
	return found
}

func (r *Region) rule(arn *string) (*rule, error) {
	x := r.rules[deref(arn)]
	if x == nil {
		return nil, fail("RuleNotFound", "One or more rules not found")
	}
	return x, nil
}

// checkPriority looks whether a priority is one and nobody else of the listener has it.
func (r *Region) checkPriority(listener string, priority int, except ...string) error {
	if priority < 1 || priority > lowestPriority {
		return fail("ValidationError", "Priority must be between 1 and %d", lowestPriority)
	}
	for _, x := range r.rulesOf(listener) {
		if x.priority() == priority && !slices.Contains(except, x.arn()) {
			return fail("PriorityInUse", "Priority '%d' is currently in use", priority)
		}
	}
	return nil
}

// normalConditions says a host or path condition in both of its forms, as descriptions do.
func normalConditions(conditions []types.RuleCondition) ([]types.RuleCondition, error) {
	if len(conditions) == 0 {
		return nil, fail("ValidationError", "A rule must have at least one condition")
	}
	out := slices.Clone(conditions)
	for i, c := range out {
		switch deref(c.Field) {
		case "host-header":
			if c.HostHeaderConfig != nil {
				out[i].Values = c.HostHeaderConfig.Values
			}
			out[i].HostHeaderConfig = &types.HostHeaderConditionConfig{Values: out[i].Values}
		case "path-pattern":
			if c.PathPatternConfig != nil {
				out[i].Values = c.PathPatternConfig.Values
			}
			out[i].PathPatternConfig = &types.PathPatternConditionConfig{Values: out[i].Values}
		default:
			return nil, fail("ValidationError", "The simulated region knows the conditions host-header and path-pattern, not '%s'", deref(c.Field))
		}
		if len(out[i].Values) == 0 {
			return nil, fail("ValidationError", "A condition value must be specified")
		}
		for _, v := range out[i].Values {
			if v == "" || len(v) > 128 {
				return nil, fail("ValidationError", "Condition value '%s' must be from 1 to 128 characters long", v)
			}
		}
	}
	return out, nil
}

func (r *Region) createRule(in *elb.CreateRuleInput) (*elb.CreateRuleOutput, error) {
	l, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	priority := int(deref(in.Priority))
	if err := r.checkPriority(*in.ListenerArn, priority); err != nil {
		return nil, err
	}
	conditions, err := normalConditions(in.Conditions)
	if err != nil {
		return nil, err
	}
	balancer := *l.data.LoadBalancerArn
	if n := r.countRules(balancer); n >= r.opts.Quotas.RulesPerBalancer {
		return nil, fail("TooManyRules", "The maximum number of rules on the load balancer has been reached: %d", n)
	}
	if err := r.checkActions(in.Actions, balancer); err != nil {
		return nil, err
	}
	arn := strings.Replace(*in.ListenerArn, ":listener/", ":listener-rule/", 1) + "/" + r.newID(16)
	x := &rule{listener: *in.ListenerArn, created: r.clock.now, data: types.Rule{RuleArn: &arn, IsDefault: new(false),
		Priority: new(strconv.Itoa(priority)), Actions: normalActions(in.Actions), Conditions: conditions}}
	r.rules[arn] = x
	r.tag(arn, elbTagMap(in.Tags))
	return &elb.CreateRuleOutput{Rules: []types.Rule{x.data}}, nil
}

func (r *Region) countRules(balancer string) (n int) {
	for _, x := range r.rules {
		if l := r.listeners[x.listener]; l != nil && *l.data.LoadBalancerArn == balancer {
			n++
		}
	}
	return n
}

func (r *Region) modifyRule(in *elb.ModifyRuleInput) (*elb.ModifyRuleOutput, error) {
	x, err := r.rule(in.RuleArn)
	if err != nil {
		return nil, err
	}
	data := x.data
	if in.Actions != nil {
		if err := r.checkActions(in.Actions, *r.listeners[x.listener].data.LoadBalancerArn); err != nil {
			return nil, err
		}
		data.Actions = normalActions(in.Actions)
	}
	if in.Conditions != nil {
		if data.Conditions, err = normalConditions(in.Conditions); err != nil {
			return nil, err
		}
	}
	x.data = data
	return &elb.ModifyRuleOutput{Rules: []types.Rule{data}}, nil
}

// setRulePriorities takes all together, so that two rules may change places.
func (r *Region) setRulePriorities(in *elb.SetRulePrioritiesInput) (*elb.SetRulePrioritiesOutput, error) {
	var moved []string
	for _, p := range in.RulePriorities {
		if _, err := r.rule(p.RuleArn); err != nil {
			return nil, err
		}
		moved = append(moved, *p.RuleArn)
	}
	taken := map[string]bool{}
	for _, p := range in.RulePriorities {
		listener, n := r.rules[*p.RuleArn].listener, int(deref(p.Priority))
		if err := r.checkPriority(listener, n, moved...); err != nil {
			return nil, err
		}
		if at := listener + "/" + strconv.Itoa(n); taken[at] {
			return nil, fail("PriorityInUse", "Priority '%d' is currently in use", n)
		} else {
			taken[at] = true
		}
	}
	out := &elb.SetRulePrioritiesOutput{}
	for _, p := range in.RulePriorities {
		x := r.rules[*p.RuleArn]
		x.data.Priority = new(strconv.Itoa(int(*p.Priority)))
		out.Rules = append(out.Rules, x.data)
	}
	return out, nil
}

func (r *Region) deleteRule(in *elb.DeleteRuleInput) (*elb.DeleteRuleOutput, error) {
	if strings.HasSuffix(deref(in.RuleArn), "/default") {
		return nil, fail("OperationNotPermitted", "Default rule '%s' cannot be deleted", *in.RuleArn)
	}
	if _, err := r.rule(in.RuleArn); err != nil {
		return nil, err
	}
	delete(r.rules, *in.RuleArn)
	r.untag(*in.RuleArn)
	return &elb.DeleteRuleOutput{}, nil
}

// describeRules gives a listener's rules, the default one last, or those of the ARNs.
func (r *Region) describeRules(in *elb.DescribeRulesInput) (*elb.DescribeRulesOutput, error) {
	found := []types.Rule{}
	switch {
	case in.ListenerArn != nil:
		l, err := r.listener(in.ListenerArn)
		if err != nil {
			return nil, err
		}
		for _, x := range r.rulesOf(*in.ListenerArn) {
			if r.visible(x.created) {
				found = append(found, x.data)
			}
		}
		arn := strings.Replace(*in.ListenerArn, ":listener/", ":listener-rule/", 1) + "/default"
		found = append(found, types.Rule{RuleArn: &arn, IsDefault: new(true), Priority: new("default"),
			Actions: l.data.DefaultActions, Conditions: []types.RuleCondition{}})
	case len(in.RuleArns) > 0:
		for _, arn := range in.RuleArns {
			x, err := r.rule(&arn)
			if err != nil {
				return nil, err
			}
			found = append(found, x.data)
		}
	default:
		return nil, fail("ValidationError", "You must specify either listener rule ARNs or a listener ARN")
	}
	items, next, err := elbPage(found, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeRulesOutput{Rules: items, NextMarker: next}, nil
}

// actionsFor are what a listener does with a request: those of the first rule that fits, else its default.
func (r *Region) actionsFor(l *listener, host, urlPath string) []types.Action {
	for _, x := range r.rulesOf(*l.data.ListenerArn) {
		if fitsRequest(x.data.Conditions, host, urlPath) {
			return x.data.Actions
		}
	}
	return l.data.DefaultActions
}

func fitsRequest(conditions []types.RuleCondition, host, urlPath string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	for _, c := range conditions {
		value := strings.ToLower(host)
		if *c.Field == "path-pattern" {
			value = urlPath
		}
		if !slices.ContainsFunc(c.Values, func(pattern string) bool { return matches(pattern, value, *c.Field == "host-header") }) {
			return false
		}
	}
	return true
}

// matches knows * and ?, which stand for dots and slashes, too.
func matches(pattern, value string, host bool) bool {
	if host {
		pattern = strings.ToLower(pattern)
	}
	flat := strings.NewReplacer("/", "\x00", "[", "\\[", "\\", "\\\\")
	ok, err := path.Match(flat.Replace(pattern), strings.ReplaceAll(value, "/", "\x00"))
	return err == nil && ok
}

// dropRules takes a listener's rules away with it.
func (r *Region) dropRules(listener string) {
	for _, x := range slices.Collect(maps.Values(r.rules)) {
		if x.listener == listener {
			delete(r.rules, x.arn())
			r.untag(x.arn())
		}
	}
}
