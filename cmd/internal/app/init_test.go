package app

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"qabot/provisioner/compute"
)

func TestNameRoles(t *testing.T) {
	for _, c := range []struct {
		services []string
		app      string
		roles    []string
	}{
		{[]string{"shop-app", "shop-admin", "shop-worker"}, "shop", []string{"app", "admin", "worker"}},
		{[]string{"staging-shop-web", "staging-shop-sidekiq"}, "staging-shop", []string{"web", "sidekiq"}},
		{[]string{"web"}, "app", []string{"web"}},
		{[]string{"shop-administration", "shop-administrators"}, "shop", []string{"adminis", "adminis2"[:6] + "2"}},
		{[]string{"a", "b"}, "app", []string{"a", "b"}},
		{[]string{"shop-1", "shop-2"}, "shop", []string{"app", "app2"}},
	} {
		app, roles := nameRoles(c.services)
		if app != c.app || !slices.Equal(roles, c.roles) {
			t.Errorf("%v are %s %v, want %s %v", c.services, app, roles, c.app, c.roles)
		}
		for _, r := range roles {
			if !roleShape.MatchString(r) {
				t.Errorf("%q is no role", r)
			}
		}
	}
}

// TestBegunConfiguration reads what init writes: it lacks what only people know, and nothing else.
func TestBegunConfiguration(t *testing.T) {
	text, err := write(Begin{Cluster: "staging", Services: []string{"shop-app", "shop-worker"}}, "eu-west-1", []compute.Discovery{
		{Service: "shop-app", Container: "web", Port: 3000, Health: "/up", Repository: "shop", Capacity: "FARGATE", Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"}},
		{Service: "shop-worker", Container: "worker", Capacity: "FARGATE_SPOT:0:1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Decode("qabot.yaml", []byte(text))
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatalf("nothing is missing: %v\n%s", err, text)
	}
	var paths []string
	for _, f := range faults.List {
		paths = append(paths, f.Path)
	}
	slices.Sort(paths)
	want := []string{
		"apps[0].channel", "apps[0].image.project", "apps[0].load_balancer.domain", "apps[0].load_balancer.name",
		"apps[0].migration.command", "apps[0].migration.project", "apps[0].repository", "installation",
	}
	if !slices.Equal(paths, want) {
		t.Errorf("missing are %v\nwant         %v\n%s", paths, want, text)
	}
	filled := strings.NewReplacer(`installation: ""`, "installation: acme", `repository: "" `, "repository: acme/shop ", `channel: ""`, `channel: "#qa"`,
		`name: ""`, "name: qa", `domain: ""`, "domain: qa.test", `project: ""`, "project: p", `command: ""`, "command: migrate").Replace(text)
	c, err := Decode("qabot.yaml", []byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Apps[0]; got.Roles[0].Health != "/up" || got.Roles[0].Container != "web" || got.Network.Subnets[1] != "subnet-2" || got.Roles[1].Port != 0 {
		t.Errorf("it says %+v", got)
	}
}
