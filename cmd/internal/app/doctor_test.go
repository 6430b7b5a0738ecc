package app_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"qabot/cmd/internal/app"
	"qabot/manifests"
	"qabot/provisioner/awssim"
	"qabot/store"
)

// examine asks the doctor about a world, with its configuration and its secrets changed by edit.
func (s *stage) examine(edit func(text string, env map[string]string) string) []store.Finding {
	s.t.Helper()
	text, err := os.ReadFile(s.world.ConfigFile)
	if err != nil {
		s.t.Fatal(err)
	}
	env := s.world.Secrets.Environ()
	changed := edit(string(text), env)
	d := app.Doctor{Options: app.Options{Log: s.log}, Text: changed, File: "qabot.yaml", Getenv: func(name string) string { return env[name] }}
	report := d.Examine(s.t.Context())
	said := app.Print(report)
	for _, secret := range s.world.Secrets.Environ() {
		if strings.Contains(said, secret) {
			s.t.Errorf("the report shows a secret:\n%s", said)
		}
	}
	return report
}

// TestDoctorFindsAllWell examines a world in which everything is as it must be.
func TestDoctorFindsAllWell(t *testing.T) {
	t.Parallel()
	s := newStage(t, "doctor")
	report := s.examine(func(text string, _ map[string]string) string { return text })
	said := app.Print(report)
	if app.HasBad(report) {
		t.Errorf("something is wrong:\n%s", said)
	}
	for _, want := range []string{ // other tests' things may stand on the same servers
		"OK    configuration", "OK    secrets", "OK    MySQL", "OK    Redis", "OK    app shop", "OK    app from shop-app", "OK    migration project shop-migration: in vpc-",
		"OK    permissions: ", "OK    use of environments: seen", "OK    secrets for shop-execution", "OK    Slack: ", "OK    GitHub: ", "room for",
		"OK    things of no environment: ", "OK    networks", "OK    of app, admin", "OK    of shop-migration", "OK    way out: 0.0.0.0/0 of rtb-", "OK    way from load balancer qa: ",
		"OK    connections: the server takes ", "OK    connections of an environment: 12; there is room for ", "OK    accounts of environments: each its own",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}

// TestDoctorAsksWhatItsPolicyAllows holds the doctor's own statement of the policy to the calls that it makes.
func TestDoctorAsksWhatItsPolicyAllows(t *testing.T) {
	t.Parallel()
	s := newStage(t, "doctor-calls")
	s.world.AWS.ForgetCalls()
	said := app.Print(s.examine(func(text string, _ map[string]string) string {
		return strings.Replace(text, "database: {", `database: {host: "`+awssim.DatabaseAddress+`:3306", `, 1)
	}))
	if !strings.Contains(said, "OK    way to MySQL: "+awssim.DatabaseGroup) {
		t.Errorf("the way to the database is not told:\n%s", said)
	}
	var policy struct {
		Statement []struct {
			Sid    string
			Action []string
		}
	}
	if err := json.Unmarshal([]byte(manifests.Policy), &policy); err != nil {
		t.Fatal(err)
	}
	allowed, asked := map[string]bool{}, s.world.AWS.Actions()
	for _, statement := range policy.Statement {
		for _, action := range statement.Action {
			allowed[action] = true
			if statement.Sid == "Doctor" && !slices.Contains(asked, strings.Replace(action, ":", ".", 1)) {
				t.Errorf("the policy allows the doctor %s, for which it does not ask", action)
			}
		}
	}
	for _, call := range asked {
		needs, ok := permissions[call]
		if !ok {
			needs = []string{strings.Replace(call, ".", ":", 1)}
		}
		for _, action := range needs {
			if !allowed[action] {
				t.Errorf("the doctor asks for %s, which the policy does not allow", action)
			}
		}
	}
}

// TestDoctorNamesWhatIsWrong takes things away and wants each to be named, with what cures it.
func TestDoctorNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newStage(t, "doctor-ill")
	s.world.AWS.Forbid("ecs:UpdateService", "ssm:GetParameters", "cloudwatch:GetMetricData")
	same := func(text string, _ map[string]string) string { return text }
	for name, c := range map[string]struct {
		edit  func(string, map[string]string) string
		wants []string
	}{
		"permissions": {same, []string{
			"NG    permissions: missing: ecs:UpdateService, ssm:GetParameters", "> manifests/iam/policy.json",
			"NG    secrets for shop-execution", "execution_role_names",
			"SKIP  use of environments: not seen without cloudwatch:GetMetricData; nothing fails", "pace.usage: 0s",
		}},
		"names": {func(text string, _ map[string]string) string {
			return strings.NewReplacer("cluster: staging", "cluster: stagin", "project: shop-image", "project: shop-imago", "name: qa,", "name: qs,").Replace(text)
		}, []string{"NG    cluster stagin: it is not there", "NG    image project shop-imago: it is not there", "NG    load balancer qs"}},
		"a configuration that is only begun": {func(text string, _ map[string]string) string {
			return "installation: acme\nstore: postgres\naws: {" + between(text, "aws: {", "}") + "}\n"
		}, []string{"NG    store: must be sqlite:PATH", "> qabot.yaml, line 2", "NG    apps: is empty", "OK    MySQL", "OK    credentials: "}},
		"no secret at all": {func(text string, env map[string]string) string {
			clear(env)
			return text
		}, []string{"NG    QABOT_MYSQL_DSN: is not set", "SKIP  MySQL", "SKIP  Redis", "OK    cluster staging"}},
	} {
		t.Run(name, func(t *testing.T) {
			report := s.examine(c.edit)
			said := app.Print(report)
			if !app.HasBad(report) {
				t.Error("nothing is wrong")
			}
			for _, want := range c.wants {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
		})
	}
}

func between(s, begin, end string) string {
	_, s, _ = strings.Cut(s, begin)
	s, _, _ = strings.Cut(s, end)
	return s
}

// TestInitBeginsFromStaging writes a configuration from the world's staging services, and lets the doctor read it.
func TestInitBeginsFromStaging(t *testing.T) {
	t.Parallel()
	s := newStage(t, "init")
	begin := app.Begin{Region: s.world.Config.AWS.Region, Endpoint: s.world.AWSURL, Cluster: "staging", Services: []string{"shop-app", "shop-admin", "shop-worker"}, Repository: "acme/shop"}
	text, err := begin.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	report := s.examine(func(string, map[string]string) string { return text })
	said := app.Print(report)
	for _, want := range []string{"NG    installation: is missing", "OK    worker from shop-worker", "OK    image repository shop", "NG    apps[0].migration.command: is missing"} {
		if !strings.Contains(said, want) {
			t.Errorf("the doctor does not say %q:\n%s\n%s", want, said, text)
		}
	}
	begin.Services = []string{"shop-app", "shop-nobody"}
	if _, err := begin.Write(t.Context()); err == nil || !strings.Contains(err.Error(), "shop-nobody") {
		t.Errorf("a service that is not there: %v", err)
	}
}
