package compute

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/manifests"
	"qabot/store"
)

// TestTheExampleOfATaskDefinition derives from the shipped example what a service and a migration of an environment run.
func TestTheExampleOfATaskDefinition(t *testing.T) {
	var in ecs.RegisterTaskDefinitionInput
	d := json.NewDecoder(bytes.NewBufferString(manifests.TaskDefinition))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	out, err := w.hand.ECS.RegisterTaskDefinition(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	staging := *out.TaskDefinition
	plain, secret := map[string]string{"REDIS_URL": "redis://qa:6379/9"}, map[string]string{"DATABASE_URL": "/qabot/acme/x/DATABASE_URL"}
	derived, name, err := derive(staging, wish{family: "f", image: "shop:git-1", plain: plain, secret: secret, port: 3000})
	if err != nil || name != "app" {
		t.Fatalf("container %q, %v", name, err)
	}
	c := derived.ContainerDefinitions[0]
	has := func(name, from string) bool {
		return slices.ContainsFunc(c.Secrets, func(s ecstypes.Secret) bool { return *s.Name == name && *s.ValueFrom == from })
	}
	if len(c.Secrets) != 2 || !has("DATABASE_URL", "/qabot/acme/x/DATABASE_URL") || *c.Image != "shop:git-1" {
		t.Errorf("derived is %+v", c)
	}
	if group, stream := logOf(c, "arn:aws:ecs:r:1:task/c/0a"); group != "/ecs/shop-app" || stream != "shop/app/0a" {
		t.Errorf("its log is %s in %s", stream, group)
	}
	x := tasks{app: w.app, from: &service{role: Role{Name: "app", Port: 3000}}}
	want, err := x.definition(staging, job{env: store.Environment{ID: "x"}, image: "shop:git-1", command: "bin/rails db:migrate", plain: plain, secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if m := want.definition.ContainerDefinitions[0]; len(m.PortMappings) != 0 || !slices.Equal(m.Command, []string{"bin/rails db:migrate"}) {
		t.Errorf("a migration runs %+v", m)
	}
}
