package compute

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/store"
)

func container(name, image string, ports ...int32) ecstypes.ContainerDefinition {
	c := ecstypes.ContainerDefinition{Name: &name, Image: &image, Essential: new(true)}
	for _, p := range ports {
		c.PortMappings = append(c.PortMappings, ecstypes.PortMapping{ContainerPort: &p})
	}
	return c
}

func stagingDefinition() ecstypes.TaskDefinition {
	web := container("web", "registry.example.com:5000/shop:v1", 3000)
	web.Environment = []ecstypes.KeyValuePair{{Name: new("REDIS_URL"), Value: new("redis://staging")}, {Name: new("LOG"), Value: new("info")}}
	web.Secrets = []ecstypes.Secret{{Name: new("DB_NAME"), ValueFrom: new("staging-db")}, {Name: new("KEY_BASE"), ValueFrom: new("kept")}}
	jobs := container("jobs", "registry.example.com:5000/shop@sha256:abc")
	jobs.Secrets = []ecstypes.Secret{{Name: new("DATABASE_URL"), ValueFrom: new("staging")}}
	return ecstypes.TaskDefinition{TaskDefinitionArn: new("arn"), Cpu: new("256"), Memory: new("512"), TaskRoleArn: new("role"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{container("proxy", "nginx:1", 80), web, jobs}}
}

func TestDerive(t *testing.T) {
	staging := stagingDefinition()
	before, _ := json.Marshal(staging)
	in, name, err := derive(staging, wish{family: "f", image: "repo:git-1", port: 3000,
		plain: map[string]string{"DB_NAME": "qa", "REDIS_NAMESPACE": "qa:"}, secret: map[string]string{"DATABASE_URL": "ref", "REDIS_URL": "redis-ref"}})
	if err != nil {
		t.Fatal(err)
	}
	proxy, web, jobs := in.ContainerDefinitions[0], in.ContainerDefinitions[1], in.ContainerDefinitions[2]
	if name != "web" || *proxy.Image != "nginx:1" || *web.Image != "repo:git-1" || *jobs.Image != "repo:git-1" {
		t.Errorf("%s: images %s, %s, %s", name, *proxy.Image, *web.Image, *jobs.Image)
	}
	show := func(c ecstypes.ContainerDefinition) (list []string) {
		for _, e := range c.Environment {
			list = append(list, *e.Name+"="+*e.Value)
		}
		for _, s := range c.Secrets {
			list = append(list, *s.Name+"<"+*s.ValueFrom)
		}
		return list
	}
	if got, want := show(web), []string{"DB_NAME=qa", "LOG=info", "REDIS_NAMESPACE=qa:", "DATABASE_URL<ref", "KEY_BASE<kept", "REDIS_URL<redis-ref"}; !slices.Equal(got, want) {
		t.Errorf("web has %q, want %q", got, want)
	}
	if got, want := show(jobs), []string{"DATABASE_URL<ref"}; !slices.Equal(got, want) {
		t.Errorf("jobs have %q, want %q: no container keeps what points to staging's data", got, want)
	}
	if got := show(proxy); len(got) != 0 {
		t.Errorf("proxy has %q, want nothing", got)
	}
	if *in.Cpu != "256" || *in.TaskRoleArn != "role" {
		t.Errorf("cpu %s, role %s", *in.Cpu, *in.TaskRoleArn)
	}
	if after, _ := json.Marshal(staging); string(before) != string(after) {
		t.Error("staging's definition was changed in place")
	}
}

func TestDeriveWithoutTheContainer(t *testing.T) {
	if _, _, err := derive(stagingDefinition(), wish{useName: "nobody"}); err == nil {
		t.Error("no error for a container that is not there")
	}
}

func TestMainContainer(t *testing.T) {
	sidecar := container("sidecar", "x")
	sidecar.Essential = new(false)
	containers := []ecstypes.ContainerDefinition{sidecar, container("a", "x"), container("b", "x", 8080)}
	for _, test := range []struct {
		reason, name string
		port, want   int
	}{
		{"by name", "sidecar", 8080, 0}, {"by port", "", 8080, 2}, {"the first essential one without a port", "", 0, 1},
		{"the first essential one where nobody has the port", "", 9, 1}, {"an unknown name", "c", 8080, -1},
	} {
		if got := mainContainer(containers, test.name, test.port); got != test.want {
			t.Errorf("%s: %d, want %d", test.reason, got, test.want)
		}
	}
}

func TestHashIsOfTheContentAlone(t *testing.T) {
	hash := func(change func(*ecstypes.TaskDefinition), w wish) string {
		d := stagingDefinition()
		change(&d)
		in, _, err := derive(d, w)
		if err != nil {
			t.Fatal(err)
		}
		in.Tags = []ecstypes.Tag{{Key: new("k"), Value: new("v")}}
		h, err := hashOf(in)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	w := wish{family: "f", image: "i", port: 3000, plain: map[string]string{"A": "1", "B": "2"}}
	same := hash(func(*ecstypes.TaskDefinition) {}, w)
	if got := hash(func(d *ecstypes.TaskDefinition) { slices.Reverse(d.ContainerDefinitions[1].Environment) }, w); got != same {
		t.Error("the order of variables changes the hash")
	}
	if got := hash(func(d *ecstypes.TaskDefinition) {
		d.ContainerDefinitions[1].Image = new("registry.example.com:5000/shop:v2")
	}, w); got == "" {
		t.Error("no hash")
	}
	if got := hash(func(d *ecstypes.TaskDefinition) { d.Cpu = new("512") }, w); got == same {
		t.Error("another size has the same hash")
	}
}

func TestImageName(t *testing.T) {
	for ref, want := range map[string]string{"nginx": "nginx", "nginx:1": "nginx", "host:5000/a/b": "host:5000/a/b",
		"host:5000/a/b:t": "host:5000/a/b", "a/b@sha256:x": "a/b", "a/b:t@sha256:x": "a/b"} {
		if got := imageName(ref); got != want {
			t.Errorf("%s: %s, want %s", ref, got, want)
		}
	}
}

func TestPorts(t *testing.T) {
	if got, want := ports(6664, 6671, []int{6670}), []int{6664, 6671}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := ports(65534, 70000, nil); !slices.Equal(got, []int{65534, 65535}) {
		t.Errorf("beyond the last port: %v", got)
	}
}

func TestAPoolIsTheBalancersWhateverItIsCalledBy(t *testing.T) {
	for _, name := range []string{"qa", "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:loadbalancer/app/qa/50dc6c495c0c9188"} {
		r := route{app: App{LoadBalancer: name}}
		if got := r.pool(); got != "port/qa" {
			t.Errorf("the ports of %s are of the pool %s", name, got)
		}
	}
}

func TestTagValue(t *testing.T) {
	if got := tagValue("feature/ä#1 \U0001F600"); got != "feature/ä_1 _" {
		t.Errorf("%q", got)
	}
	if got := tagValue(strings.Repeat("x", 300)); len(got) != 256 {
		t.Errorf("%d long", len(got))
	}
}

func TestCertificateMakesHTTPS(t *testing.T) {
	r := &route{app: App{Certificate: "arn:cert", Domain: "qa.example.com"}}
	if got := r.app.url("x", "app", 20000); got != "https://x.qa.example.com:20000" {
		t.Error(got)
	}
	group := elbtypes.TargetGroup{TargetGroupArn: new("g")}
	listener := elbtypes.Listener{Port: new(int32(20000)), Protocol: elbtypes.ProtocolEnumHttps, Certificates: certificates(r.app.balancers()[0])}
	r.balancers = r.app.shared(nil, Options{})
	if !r.fits(store.Environment{}, door{number: 20000, group: "g", listener: &listener}, 20000, group) {
		t.Error("what it makes itself does not fit")
	}
	other := listener
	other.Certificates = []elbtypes.Certificate{{CertificateArn: new("arn:old")}}
	if r.fits(store.Environment{}, door{number: 20000, group: "g", listener: &other}, 20000, group) {
		t.Error("another certificate fits")
	}
}

func TestIntentKeepsItsToken(t *testing.T) {
	spec := store.Spec{Commit: first, Generation: 2}
	noted := intent(store.Fact{Passed: third}, spec, time.Unix(1000, 0))
	later := time.Unix(1005, 0)
	if again := intent(noted, spec, later); tokenOf("x", ImageKind, again) != tokenOf("x", ImageKind, noted) || again.Passed != third {
		t.Error("an intent whose answer was lost gets another token")
	}
	noted.Ref = "run"
	if again := intent(noted, spec, later); tokenOf("x", ImageKind, again) == tokenOf("x", ImageKind, noted) {
		t.Error("a second attempt has the first one's token")
	}
}
