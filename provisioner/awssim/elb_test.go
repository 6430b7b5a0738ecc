package awssim

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestTargetGroupNamesAndSettings(t *testing.T) {
	w := newWorld(t)
	first := w.group("tg")
	if again := w.group("tg"); again != first {
		t.Errorf("an equal create gave %s, want %s", again, first)
	}
	in := w.groupInput("tg")
	in.HealthCheckPath = new("/other")
	_, err := w.elb.CreateTargetGroup(w.ctx, in)
	var dup *types.DuplicateTargetGroupNameException
	if !errors.As(err, &dup) {
		t.Errorf("other settings under a taken name: got %v", err)
	}
	for name, change := range map[string]func(*elb.CreateTargetGroupInput){
		"33 characters":          func(in *elb.CreateTargetGroupInput) { in.Name = new(strings.Repeat("a", 33)) },
		"hyphen at the end":      func(in *elb.CreateTargetGroupInput) { in.Name = new("a-") },
		"interval below 5":       func(in *elb.CreateTargetGroupInput) { in.HealthCheckIntervalSeconds = new(int32(4)) },
		"timeout not below":      func(in *elb.CreateTargetGroupInput) { in.HealthCheckTimeoutSeconds = new(int32(5)) },
		"threshold 1":            func(in *elb.CreateTargetGroupInput) { in.HealthyThresholdCount = new(int32(1)) },
		"path without a slash":   func(in *elb.CreateTargetGroupInput) { in.HealthCheckPath = new("x") },
		"no network":             func(in *elb.CreateTargetGroupInput) { in.VpcId = nil },
		"protocol that is no ip": func(in *elb.CreateTargetGroupInput) { in.Protocol = "SMTP" },
	} {
		in := w.groupInput("bad")
		change(in)
		_, err := w.elb.CreateTargetGroup(w.ctx, in)
		t.Run(name, func(t *testing.T) { w.refused(err, "ValidationError") })
	}
	w.Adjust(func(q *Quotas, _ *Durations) { q.TargetGroups = 1 })
	_, err = w.elb.CreateTargetGroup(w.ctx, w.groupInput("more"))
	w.refused(err, "TooManyTargetGroups")
}

func TestModifyTargetGroup(t *testing.T) {
	w := newWorld(t)
	tg := w.group("tg")
	out := must[*elb.ModifyTargetGroupOutput](t)(w.elb.ModifyTargetGroup(w.ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: &tg, HealthCheckPath: new("/up")}))
	if g := out.TargetGroups[0]; *g.HealthCheckPath != "/up" || *g.HealthCheckIntervalSeconds != 5 {
		t.Errorf("path %s, interval %d", *g.HealthCheckPath, *g.HealthCheckIntervalSeconds)
	}
	_, err := w.elb.ModifyTargetGroup(w.ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: &tg, HealthCheckIntervalSeconds: new(int32(301))})
	w.refused(err, "ValidationError")
	w.drainFor(tg, "7")
	attributes := must[*elb.DescribeTargetGroupAttributesOutput](t)(w.elb.DescribeTargetGroupAttributes(w.ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &tg}))
	for _, a := range attributes.Attributes {
		if *a.Key == drainAttribute && *a.Value != "7" {
			t.Errorf("%s = %s", *a.Key, *a.Value)
		}
	}
	for key, value := range map[string]string{drainAttribute: "3601", "no.such": "1"} {
		_, err := w.elb.ModifyTargetGroupAttributes(w.ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &tg,
			Attributes: []types.TargetGroupAttribute{{Key: &key, Value: &value}}})
		w.refused(err, "ValidationError")
	}
}

func TestListenerConflicts(t *testing.T) {
	w := newWorld(t)
	one, two := w.group("one"), w.group("two")
	first := w.listen(8001, one)
	if again := w.listen(8001, one); again != first {
		t.Errorf("an equal create gave %s, want %s", again, first)
	}
	_, err := w.elb.CreateListener(w.ctx, w.listenerInput(8001, two))
	var dup *types.DuplicateListenerException
	if !errors.As(err, &dup) {
		t.Errorf("a taken port: got %v", err)
	}
	second := w.listen(8002, two)
	_, err = w.elb.ModifyListener(w.ctx, &elb.ModifyListenerInput{ListenerArn: &second, Port: new(int32(8001))})
	w.refused(err, "DuplicateListener")
	must[*elb.ModifyListenerOutput](t)(w.elb.ModifyListener(w.ctx, &elb.ModifyListenerInput{ListenerArn: &second, Port: new(int32(8003)), DefaultActions: forwardTo(one)}))

	other := w.AddLoadBalancer("other", "other.localhost")
	in := w.listenerInput(8001, one)
	in.LoadBalancerArn = &other
	_, err = w.elb.CreateListener(w.ctx, in)
	w.refused(err, "TargetGroupAssociationLimit")
	in.DefaultActions = forwardTo(two) // the same port on another balancer is free
	must[*elb.CreateListenerOutput](t)(w.elb.CreateListener(w.ctx, in))

	in.LoadBalancerArn = new(other + "x")
	_, err = w.elb.CreateListener(w.ctx, in)
	w.refused(err, "LoadBalancerNotFound")
	_, err = w.elb.CreateListener(w.ctx, w.listenerInput(9000, one+"x"))
	w.refused(err, "TargetGroupNotFound")
}

func TestListenerQuotasAndDeletion(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Quotas = &Quotas{ListenersPerBalancer: 3, TargetGroupsPerBalancer: 2, TargetGroups: 10}
	})
	a, b, c := w.group("a"), w.group("b"), w.group("c")
	first := w.listen(8001, a)
	w.listen(8002, b)
	_, err := w.elb.CreateListener(w.ctx, w.listenerInput(8003, c))
	w.refused(err, "TooManyUniqueTargetGroupsPerLoadBalancer")
	w.listen(8003, a)
	_, err = w.elb.CreateListener(w.ctx, w.listenerInput(8004, a))
	w.refused(err, "TooManyListeners")

	_, err = w.elb.DeleteTargetGroup(w.ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &b})
	w.refused(err, "ResourceInUse")
	for range 2 { // the second finds nothing and succeeds
		must[*elb.DeleteTargetGroupOutput](t)(w.elb.DeleteTargetGroup(w.ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &c}))
	}
	must[*elb.DeleteListenerOutput](t)(w.elb.DeleteListener(w.ctx, &elb.DeleteListenerInput{ListenerArn: &first}))
	_, err = w.elb.DeleteListener(w.ctx, &elb.DeleteListenerInput{ListenerArn: &first})
	w.refused(err, "ListenerNotFound")
	_, err = w.elb.DescribeTargetGroups(w.ctx, &elb.DescribeTargetGroupsInput{Names: []string{"c"}})
	w.refused(err, "TargetGroupNotFound")
}

func TestELBPagingAndTags(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Throttle = false })
	var arns []string
	for i := range 21 {
		tg := w.group(fmt.Sprintf("tg-%02d", i))
		arns = append(arns, tg)
		if i < 5 {
			w.listen(8000+int32(i), tg)
		}
	}
	var pages, groups int
	for p := elb.NewDescribeTargetGroupsPaginator(w.elb, &elb.DescribeTargetGroupsInput{PageSize: new(int32(8))}); p.HasMorePages(); pages++ {
		groups += len(must[*elb.DescribeTargetGroupsOutput](t)(p.NextPage(w.ctx)).TargetGroups)
	}
	if pages != 3 || groups != 21 {
		t.Errorf("%d target groups on %d pages", groups, pages)
	}
	listeners := 0
	for p := elb.NewDescribeListenersPaginator(w.elb, &elb.DescribeListenersInput{LoadBalancerArn: &w.lb, PageSize: new(int32(2))}); p.HasMorePages(); {
		listeners += len(must[*elb.DescribeListenersOutput](t)(p.NextPage(w.ctx)).Listeners)
	}
	if listeners != 5 {
		t.Errorf("%d listeners", listeners)
	}
	onBalancer := must[*elb.DescribeTargetGroupsOutput](t)(w.elb.DescribeTargetGroups(w.ctx, &elb.DescribeTargetGroupsInput{LoadBalancerArn: &w.lb}))
	if n := len(onBalancer.TargetGroups); n != 5 {
		t.Errorf("%d target groups on the balancer", n)
	}
	_, err := w.elb.DescribeTags(w.ctx, &elb.DescribeTagsInput{ResourceArns: arns})
	w.refused(err, "ValidationError")
	must[*elb.AddTagsOutput](t)(w.elb.AddTags(w.ctx, &elb.AddTagsInput{ResourceArns: arns[:1], Tags: []types.Tag{{Key: new("k"), Value: new("<v&>")}}}))
	tags := must[*elb.DescribeTagsOutput](t)(w.elb.DescribeTags(w.ctx, &elb.DescribeTagsInput{ResourceArns: arns[:20]}))
	if len(tags.TagDescriptions) != 20 || *tags.TagDescriptions[0].Tags[0].Value != "<v&>" {
		t.Errorf("tags: %+v", tags.TagDescriptions)
	}
	_, err = w.elb.DescribeTags(w.ctx, &elb.DescribeTagsInput{ResourceArns: []string{arns[0] + "x"}})
	w.refused(err, "TargetGroupNotFound")
	_, err = w.elb.DescribeTargetGroups(w.ctx, &elb.DescribeTargetGroupsInput{PageSize: new(int32(401))})
	w.refused(err, "ValidationError")
}

func TestDescribeLoadBalancersAndRules(t *testing.T) {
	w := newWorld(t)
	out := must[*elb.DescribeLoadBalancersOutput](t)(w.elb.DescribeLoadBalancers(w.ctx, &elb.DescribeLoadBalancersInput{Names: []string{"qa"}}))
	if b := out.LoadBalancers[0]; *b.DNSName != "qa.localhost" || b.State.Code != types.LoadBalancerStateEnumActive || !b.CreatedTime.Equal(w.Now()) {
		t.Errorf("%+v", b)
	}
	_, err := w.elb.DescribeLoadBalancers(w.ctx, &elb.DescribeLoadBalancersInput{Names: []string{"nope"}})
	w.refused(err, "LoadBalancerNotFound")
	l := w.listen(80, w.group("tg"))
	rules := must[*elb.DescribeRulesOutput](t)(w.elb.DescribeRules(w.ctx, &elb.DescribeRulesInput{ListenerArn: &l}))
	if len(rules.Rules) != 1 || !*rules.Rules[0].IsDefault {
		t.Errorf("%+v", rules.Rules)
	}
}

func TestRegisteredTargetsDrain(t *testing.T) {
	w := newWorld(t)
	tg := w.group("tg")
	w.drainFor(tg, "5")
	w.listen(80, tg)
	target := []types.TargetDescription{{Id: new("10.9.9.9"), Port: new(int32(80))}}
	must[*elb.RegisterTargetsOutput](t)(w.elb.RegisterTargets(w.ctx, &elb.RegisterTargetsInput{TargetGroupArn: &tg, Targets: target}))
	state := func() string {
		out := must[*elb.DescribeTargetHealthOutput](t)(w.elb.DescribeTargetHealth(w.ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &tg}))
		if len(out.TargetHealthDescriptions) == 0 {
			return ""
		}
		return string(out.TargetHealthDescriptions[0].TargetHealth.State)
	}
	if s := state(); s != "initial" {
		t.Errorf("at first %q", s)
	}
	w.until("an address where nothing answers is unhealthy", 11*time.Second, func() bool { return state() == "unhealthy" })
	must[*elb.DeregisterTargetsOutput](t)(w.elb.DeregisterTargets(w.ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &tg, Targets: target}))
	if s := state(); s != "draining" {
		t.Errorf("deregistered: %q", s)
	}
	w.Advance(5 * time.Second)
	if s := state(); s != "" {
		t.Errorf("after the delay: %q", s)
	}
}

func TestPortTakenOnTheMachine(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Listen = func(int32) (net.Listener, error) { return nil, errors.New("address already in use") }
	})
	_, err := w.elb.CreateListener(w.ctx, w.listenerInput(8001, w.group("tg")))
	w.refused(err, "DuplicateListener")
	if !strings.Contains(err.Error(), "address already in use") || len(w.State().Listeners) != 0 {
		t.Errorf("%v, %+v", err, w.State().Listeners)
	}
}
