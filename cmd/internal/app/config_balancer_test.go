package app

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// balanced is the example configuration with these lines for the load balancer's ports.
func balanced(t *testing.T, lines string) string {
	t.Helper()
	text, err := os.ReadFile("../../../manifests/qabot.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(text), "      ports: [20000, 20199]\n", lines, 1)
}

func TestRoutingByHost(t *testing.T) {
	c, err := Decode("qabot.yaml", []byte(balanced(t, "      by: host\n      more:\n        - {name: qa-2, domain: qa-2.example.com}\n")))
	if err != nil {
		t.Fatal(err)
	}
	app := (&program{Options: Options{Config: c}}).appOf(c.Apps[0])
	if !app.ByHost || app.Listener != 443 || len(app.More) != 1 || app.More[0].Domain != "qa-2.example.com" {
		t.Errorf("%+v", app)
	}
	if names := strings.Join(c.Apps[0].Balancer.names(), " "); names != "qa qa-2" {
		t.Errorf("the policy is for %s", names)
	}
}

func TestLoadBalancerFaults(t *testing.T) {
	_, err := Decode("qabot.yaml", []byte(balanced(t, "      by: path\n      more:\n        - {name: qa, domain: qa.example.com}\n        - {name: qa-3}\n")))
	var faults *Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	for _, want := range []string{
		`load_balancer.by: "path" must be port or host`, `more[0].name: "qa" is there twice`,
		`more[0].domain: "qa.example.com" is there twice`, "more[1].domain: is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from\n%v", want, err)
		}
	}
}
