package compute

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"qabot/store"
)

// restage makes staging's service anew, on other capacity and for another processor, with a shell.
func (w *world) restage(launch ecstypes.LaunchType, strategy []ecstypes.CapacityProviderStrategyItem) {
	w.Helper()
	old := w.described("shop-app")
	def := w.definition(*old.TaskDefinition)
	def.RuntimePlatform = &ecstypes.RuntimePlatform{CpuArchitecture: ecstypes.CPUArchitectureArm64, OperatingSystemFamily: ecstypes.OSFamilyLinux}
	arm, err := w.hand.ECS.RegisterTaskDefinition(w.Context(), &ecs.RegisterTaskDefinitionInput{Family: new("shop-arm"), Cpu: def.Cpu, Memory: def.Memory,
		NetworkMode: def.NetworkMode, ContainerDefinitions: def.ContainerDefinitions, RuntimePlatform: def.RuntimePlatform,
		ExecutionRoleArn: def.ExecutionRoleArn, TaskRoleArn: def.TaskRoleArn, RequiresCompatibilities: def.RequiresCompatibilities})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := w.hand.ECS.CreateService(w.Context(), &ecs.CreateServiceInput{Cluster: new("staging"), ServiceName: new("shop-arm"),
		TaskDefinition: arm.TaskDefinition.TaskDefinitionArn, DesiredCount: new(int32(1)), LaunchType: launch, CapacityProviderStrategy: strategy,
		NetworkConfiguration: old.NetworkConfiguration, EnableExecuteCommand: true}); err != nil {
		w.Fatal(err)
	}
	w.app.Roles[0].Service = "shop-arm"
	w.build()
}

// What staging runs on, its environments run on: capacity, processor and the way in are kept, and the next look finds
// nothing to change.
func TestCapacityIsStagings(t *testing.T) {
	for _, test := range []struct {
		name     string
		launch   ecstypes.LaunchType
		strategy []ecstypes.CapacityProviderStrategyItem
	}{
		{"Fargate", ecstypes.LaunchTypeFargate, nil},
		{"EC2", ecstypes.LaunchTypeEc2, nil},
		{"Fargate Spot with a base", "", []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: new("FARGATE_SPOT"), Weight: 4}, {CapacityProvider: new("FARGATE"), Base: 1, Weight: 1}}},
		{"managed instances", "", []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: new("team-managed"), Weight: 1}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.restage(test.launch, test.strategy)
			w.push(first)
			env := w.untilPhase(store.Up)
			svc := w.described(string(w.id) + "-app")
			if capacity(svc.LaunchType, svc.CapacityProviderStrategy) != capacity(test.launch, test.strategy) || !svc.EnableExecuteCommand {
				t.Errorf("it runs on %s %v, exec %t", svc.LaunchType, svc.CapacityProviderStrategy, svc.EnableExecuteCommand)
			}
			want := &ecstypes.RuntimePlatform{CpuArchitecture: ecstypes.CPUArchitectureArm64, OperatingSystemFamily: ecstypes.OSFamilyLinux}
			if diff := cmp.Diff(want, w.definition(*svc.TaskDefinition).RuntimePlatform, cmpopts.IgnoreUnexported(ecstypes.RuntimePlatform{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			shell := "; shell staging ID-app web"
			if lines := w.foreseen(env.Spec); !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, shell) }) {
				t.Errorf("no %q in %q", shell, lines)
			}
			calls := w.changed()
			w.rested(t)
			if n := w.changed() - calls; n != 0 {
				t.Errorf("%d changing calls over what is as wanted", n)
			}
		})
	}
}
