package compute

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"qabot/provisioner/awssim"
	"qabot/store"
)

func TestRemovedImageIsBuiltAgain(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	if _, err := w.hand.ECR.BatchDeleteImage(t.Context(), &ecr.BatchDeleteImageInput{RepositoryName: new("shop"),
		ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: new(imageTag(first))}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Wake(t.Context(), w.id); err != nil {
		t.Fatal(err)
	}
	w.pass()
	w.untilPhase(store.Up)
	if w.images() != 1 {
		t.Errorf("%d images", w.images())
	}
}

func TestStagingsNewDefinitionIsTakenOver(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	w.stageService("shop-app", "v2")
	if err := w.store.Wake(t.Context(), w.id); err != nil {
		t.Fatal(err)
	}
	w.pass()
	w.untilPhase(store.Up)
	w.checkDefinition(first)
	if n := w.changed("RegisterTaskDefinition"); n != 2 {
		t.Errorf("%d task definitions were registered, want 2", n)
	}
}

// toldDrift gives what the thread was told of changes from outside, the oldest first.
func (w *world) toldDrift() (told []string) {
	w.Helper()
	events, err := w.store.Events(w.Context(), w.id, 100)
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range events {
		if e.Code == store.EventDrift {
			told = append(told, fmt.Sprint(e.Kind, " ", strings.Join(e.Detail.Args, " ")))
		}
	}
	slices.Sort(told)
	return told
}

func TestDriftIsToldOnceAndMended(t *testing.T) {
	name := func(w *world) *string { return new(string(w.id) + "-app") }
	service := func(change ecs.UpdateServiceInput) func(*world) error {
		return func(w *world) error {
			change.Cluster, change.Service = new("staging"), name(w)
			_, err := w.hand.ECS.UpdateService(t.Context(), &change)
			return err
		}
	}
	for _, test := range []struct {
		name string
		edit func(*world) error
		want string
	}{
		{"count", service(ecs.UpdateServiceInput{DesiredCount: new(int32(3))}), "service/app drift.count"},
		{"none left", service(ecs.UpdateServiceInput{DesiredCount: new(int32(0))}), "service/app drift.count"},
		{"strategy dropped", service(ecs.UpdateServiceInput{ForceNewDeployment: true, CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{}}), "service/app drift.capacity"},
		{"grace", service(ecs.UpdateServiceInput{HealthCheckGracePeriodSeconds: new(int32(900))}), "service/app drift.health"},
		{"health check", func(w *world) error {
			groups, err := w.hand.ELB.DescribeTargetGroups(t.Context(), &elb.DescribeTargetGroupsInput{Names: []string{*name(w)}})
			if err == nil {
				_, err = w.hand.ELB.ModifyTargetGroup(t.Context(), &elb.ModifyTargetGroupInput{TargetGroupArn: groups.TargetGroups[0].TargetGroupArn, HealthCheckPath: new("/elsewhere")})
			}
			return err
		}, "route/app drift.health"},
		{"deleted", func(w *world) error {
			_, err := w.hand.ECS.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: new("staging"), Service: name(w), Force: new(true)})
			w.region.Advance(5 * time.Minute)
			return err
		}, "service/app drift.gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			spot := []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: new("FARGATE_SPOT"), Weight: 1}}
			if _, err := w.hand.ECS.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: new("staging"), Service: new("shop-app"),
				ForceNewDeployment: true, CapacityProviderStrategy: spot}); err != nil {
				t.Fatal(err)
			}
			w.push(first)
			w.untilPhase(store.Up)
			if err := test.edit(w); err != nil {
				t.Fatal(err)
			}
			w.looksAgain()
			if got := w.toldDrift(); !slices.Equal(got, []string{test.want}) {
				t.Errorf("told %q, want %q", got, test.want)
			}
			svc := w.described(*name(w))
			if svc.DesiredCount != 1 || len(svc.CapacityProviderStrategy) != 1 || *svc.HealthCheckGracePeriodSeconds != shortGrace {
				t.Errorf("not mended: %+v", svc)
			}
			calls := w.changed()
			w.rested(t)
			if n := w.changed() - calls; n != 0 {
				t.Errorf("%d changing calls over what is as wanted", n)
			}
		})
	}
}

// A new wish, a new configuration and a change of staging's are no drift.
func TestWishesAreNoDrift(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	w.want(func(s *store.Spec) { s.Asleep = true })
	w.untilPhase(store.Asleep)
	w.want(func(s *store.Spec) { s.Asleep = false })
	w.untilPhase(store.Up)
	w.app.Roles[0].Replace = true
	w.build()
	w.looksAgain()
	if c := w.described(string(w.id) + "-app").DeploymentConfiguration; *c.MaximumPercent != mostReplaced {
		t.Errorf("the new configuration is not there: %+v", c)
	}
	w.stageService("shop-app", "v2")
	w.looksAgain()
	w.push(second)
	w.untilPhase(store.Up)
	w.want(func(s *store.Spec) { s.Released = true })
	w.untilPhase(store.Removed)
	w.push(second)
	w.untilPhase(store.Up)
	if got := w.toldDrift(); len(got) != 0 {
		t.Errorf("told %q", got)
	}
}

// looksAgain is the next sweep, and what comes of it.
func (w *world) looksAgain() {
	w.Helper()
	if err := w.store.Wake(w.Context(), w.id); err != nil {
		w.Fatal(err)
	}
	w.pass()
	w.untilPhase(store.Up)
}

func TestDriftIsMended(t *testing.T) {
	w := newWorld(t)
	w.push(first)
	w.untilPhase(store.Up)
	name := string(w.id) + "-app"
	for _, test := range []struct {
		reason string
		change ecs.UpdateServiceInput
	}{
		{"the console took two more tasks", ecs.UpdateServiceInput{DesiredCount: new(int32(3))}},
		{"another task definition", ecs.UpdateServiceInput{TaskDefinition: w.described("shop-app").TaskDefinition}},
		{"another network", ecs.UpdateServiceInput{NetworkConfiguration: &ecstypes.NetworkConfiguration{
			AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-x"}, SecurityGroups: []string{"sg-1"}}}}},
		{"another capacity", ecs.UpdateServiceInput{ForceNewDeployment: true, CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{
			{CapacityProvider: new("FARGATE_SPOT"), Weight: 1}}}},
	} {
		test.change.Cluster, test.change.Service = new("staging"), &name
		if _, err := w.hand.ECS.UpdateService(t.Context(), &test.change); err != nil {
			t.Fatal(err)
		}
		if err := w.store.Wake(t.Context(), w.id); err != nil {
			t.Fatal(err)
		}
		seen, err := w.resource("service/app").Observe(t.Context(), []store.Environment{w.pass()})
		if err != nil || seen[0].State == store.Ready && test.change.DesiredCount == nil {
			t.Errorf("%s: taken for ready (%v)", test.reason, err)
		}
		w.untilPhase(store.Up)
		svc := w.described(name)
		if svc.DesiredCount != 1 || len(svc.CapacityProviderStrategy) != 0 ||
			!slices.Equal(svc.NetworkConfiguration.AwsvpcConfiguration.Subnets, []string{awssim.SecondSubnet, awssim.PrivateSubnet}) {
			t.Errorf("%s: not mended: %+v", test.reason, svc)
		}
		w.checkDefinition(first)
	}
	if n := w.changed("RegisterTaskDefinition"); n != 1 {
		t.Errorf("%d task definitions were registered, want 1: the first is still right", n)
	}
}
