package compute

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

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
			!slices.Equal(svc.NetworkConfiguration.AwsvpcConfiguration.Subnets, []string{"subnet-b", "subnet-a"}) {
			t.Errorf("%s: not mended: %+v", test.reason, svc)
		}
		w.checkDefinition(first)
	}
	if n := w.changed("RegisterTaskDefinition"); n != 1 {
		t.Errorf("%d task definitions were registered, want 1: the first is still right", n)
	}
}
