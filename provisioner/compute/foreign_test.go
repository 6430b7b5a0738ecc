package compute

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/provisioner/resourcetest"
	"qabot/store"
)

func TestForeignThingsStay(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	name := string(w.id) + "-app"
	group, err := w.hand.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: &name, Port: new(int32(80)),
		Protocol: elbtypes.ProtocolEnumHttp, TargetType: elbtypes.TargetTypeEnumIp, VpcId: new("vpc-00000000000000001")})
	if err != nil {
		t.Fatal(err)
	}
	w.push(first)
	env := w.untilPhase(store.Broken)
	if d := env.Status.Seen["route/app"].Detail; d.Code != store.Foreign || !slices.Equal(d.Args, []string{"target group", name}) {
		t.Errorf("the target group is told as %+v", d)
	}
	staging := w.described("shop-app")
	if _, err := w.hand.ECS.CreateService(ctx, &ecs.CreateServiceInput{Cluster: new("staging"), ServiceName: &name,
		TaskDefinition: staging.TaskDefinition, NetworkConfiguration: staging.NetworkConfiguration}); err != nil {
		t.Fatal(err)
	}
	w.until("the service is foreign", func(e store.Environment) bool {
		return e.Status.Seen["service/app"].Detail.Code == store.Foreign
	})
	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	if _, err := w.hand.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{*group.TargetGroups[0].TargetGroupArn}}); err != nil {
		t.Errorf("the foreign target group: %v", err)
	}
	if s := w.described(name); *s.Status != active {
		t.Errorf("the foreign service is %s", *s.Status)
	}
}

func TestTakenPortsArePassedBy(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	lb, err := balancer{clients: w.hand, name: "qa"}.find(ctx)
	if err != nil {
		t.Fatal(err)
	}
	group, err := w.hand.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: new("other"), Port: new(int32(80)),
		Protocol: elbtypes.ProtocolEnumHttp, TargetType: elbtypes.TargetTypeEnumIp, VpcId: lb.VpcId})
	if err != nil {
		t.Fatal(err)
	}
	listen := func(port int32) {
		if _, err := w.hand.ELB.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Port: &port,
			Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward,
				TargetGroupArn: group.TargetGroups[0].TargetGroupArn}}}); err != nil {
			t.Fatal(err)
		}
	}
	listen(6664)
	w.push(first)
	env := w.untilState("route/app", store.Ready)
	if p := env.Allotted["route/app"]; p != 6670 {
		t.Errorf("port %d, want 6670: the first is taken, the next five are blocked by browsers", p)
	}
	for _, p := range []int32{6671, 6672, 6673, 6674, 6675} {
		listen(p)
	}
	route := w.resource("route/app")
	c := resourcetest.Claim(t, w.store, "feature-two", store.Spec{App: "shop", Branch: "feature/two", Commit: first})
	var problem *store.Problem
	if err := route.Apply(ctx, c, store.Observation{}); !errors.As(err, &problem) || problem.Code != store.PortsFull {
		t.Errorf("with all ports taken: %v", err)
	}
}
