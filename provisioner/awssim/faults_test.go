package awssim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	tagapi "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/smithy-go/middleware"
)

func TestFaultsBeforeAndAfterTheEffect(t *testing.T) {
	for _, transport := range []string{"HTTP", "round trip"} {
		for _, kind := range []FaultKind{ServerError, Drop, Throttle} {
			for _, after := range []bool{false, true} {
				w := newWorld(t)
				if transport == "round trip" {
					w = inProcess(t)
				}
				w.FailNext("elasticloadbalancing.CreateTargetGroup", 1, Fault{Kind: kind, After: after})
				if _, err := w.elb.CreateTargetGroup(w.ctx, w.groupInput("tg")); err == nil {
					t.Errorf("%s, %s, after %t: no error", transport, kind, after)
				}
				if took := len(w.State().TargetGroups) == 1; took != after || w.Calls()[0].Took != after {
					t.Errorf("%s, %s, after %t: took effect %t", transport, kind, after, took)
				}
				w.group("tg") // and the next call is whole again
			}
		}
	}
}

// inProcess is a world without a network.
func inProcess(t *testing.T) *world {
	r := NewRegion(Options{Throttle: true})
	t.Cleanup(r.Close)
	return clients(t, r, aws.Config{HTTPClient: &http.Client{Transport: r}})
}

func TestThrottleCodes(t *testing.T) {
	w := newWorld(t)
	w.Fault(func(c Call) Fault { w.Now(); return Fault{Kind: Throttle} }) // the hook may use the region
	_, err := w.elb.DescribeTargetGroups(w.ctx, &elb.DescribeTargetGroupsInput{})
	w.refused(err, "ThrottlingException")
	_, err = w.ecs.ListServices(w.ctx, &ecs.ListServicesInput{})
	w.refused(err, "ThrottlingException")
	_, err = w.tag.GetResources(w.ctx, &tagapi.GetResourcesInput{})
	var throttled *tagtypes.ThrottledException
	if !errors.As(err, &throttled) {
		t.Errorf("tagging: %v", err)
	}
	w.Fault(nil)
	w.FailNext("ListServices", 1, Fault{Kind: Refuse, Code: "AccessDeniedException", Message: "no"})
	_, err = w.ecs.ListServices(w.ctx, &ecs.ListServicesInput{Cluster: new("staging")})
	var denied *types.AccessDeniedException
	if !errors.As(err, &denied) {
		t.Errorf("refused: %v", err)
	}
}

func TestHangEndsWithTheCaller(t *testing.T) {
	for _, w := range []*world{newWorld(t), inProcess(t)} {
		w.FailNext("ListServices", 1, Fault{Kind: Hang})
		ctx, cancel := context.WithTimeout(w.ctx, 20*time.Millisecond)
		_, err := w.ecs.ListServices(ctx, &ecs.ListServicesInput{Cluster: new("staging")})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
}

func TestStandardRetryerGetsThroughThrottles(t *testing.T) {
	r := NewRegion(Options{})
	t.Cleanup(r.Close)
	w := clients(t, r, aws.Config{HTTPClient: &http.Client{Transport: r}, Retryer: func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	}})
	w.FailNext("ListServices", 2, Fault{Kind: Throttle})
	must[*ecs.ListServicesOutput](t)(w.ecs.ListServices(w.ctx, &ecs.ListServicesInput{Cluster: new("staging")}))
	if n := len(w.Calls()); n != 3 {
		t.Errorf("%d calls", n)
	}
}

func TestECSBuckets(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		w.define("app")
	}
	register := func() error {
		_, err := w.ecs.RegisterTaskDefinition(w.ctx, &ecs.RegisterTaskDefinitionInput{Family: new("app"),
			ContainerDefinitions: []types.ContainerDefinition{{Name: new("c"), Image: new("i")}}})
		return err
	}
	w.refused(register(), "ThrottlingException")
	must[*ecs.ListTaskDefinitionsOutput](t)(w.ecs.ListTaskDefinitions(w.ctx, &ecs.ListTaskDefinitionsInput{}))
	w.Advance(time.Second)
	if err := register(); err != nil {
		t.Errorf("a second later: %v", err)
	}
	w.refused(register(), "ThrottlingException")
}

func TestELBBuckets(t *testing.T) {
	w := inProcess(t)
	read := func() error {
		_, err := w.elb.DescribeTargetGroups(w.ctx, &elb.DescribeTargetGroupsInput{})
		return err
	}
	drain := func(call func() error) (n int) {
		for {
			err := call()
			if err != nil {
				w.refused(err, "ThrottlingException")
				return n
			}
			n++
		}
	}
	named := 0
	change := func() error {
		named++
		_, err := w.elb.CreateTargetGroup(w.ctx, w.groupInput(fmt.Sprintf("tg-%d", named)))
		return err
	}
	if changes, reads := drain(change), drain(read); changes != 20 || reads != 20 {
		t.Errorf("%d changes and then %d reads, want 20 of each: all actions share 40", changes, reads)
	}
	w.refused(read(), "ThrottlingException")
	w.Advance(time.Second)
	if changes, reads := drain(change), drain(read); changes != 3 || reads != 7 {
		t.Errorf("a second later %d changes and then %d reads, want 3 and 7", changes, reads)
	}
	must[*ecs.ListServicesOutput](t)(w.ecs.ListServices(w.ctx, &ecs.ListServicesInput{Cluster: new("staging")}))
}

func TestReadLag(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.ReadLag = 3 * time.Second })
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, serviceInput("app", w.define("app"), 0, "")))
	tg := w.group("tg")
	seen := func() (services, groups int) {
		s := must[*ecs.DescribeServicesOutput](t)(w.ecs.DescribeServices(w.ctx, &ecs.DescribeServicesInput{Cluster: new("staging"), Services: []string{"app"}}))
		g := must[*elb.DescribeTargetGroupsOutput](t)(w.elb.DescribeTargetGroups(w.ctx, &elb.DescribeTargetGroupsInput{}))
		return len(s.Services), len(g.TargetGroups)
	}
	if s, g := seen(); s != 0 || g != 0 {
		t.Errorf("at once %d services, %d target groups", s, g)
	}
	w.listen(80, tg) // the thing itself is there
	w.Advance(3 * time.Second)
	if s, g := seen(); s != 1 || g != 1 {
		t.Errorf("later %d services, %d target groups", s, g)
	}
}

func fence(n string) func(*elb.Options) {
	return func(o *elb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return awsmiddleware.AddUserAgentKeyValue("qabot", "fence-"+n)(s)
		})
	}
}

func TestLateChangesAreCountedAndLetThrough(t *testing.T) {
	w := newWorld(t)
	in := w.groupInput("env-a-web")
	in.Tags = []elbtypes.Tag{{Key: new("qabot:environment"), Value: new("env-a")}}
	arn := must[*elb.CreateTargetGroupOutput](t)(w.elb.CreateTargetGroup(w.ctx, in, fence("3"))).TargetGroups[0].TargetGroupArn
	modify := func(n string) {
		must[*elb.ModifyTargetGroupOutput](t)(w.elb.ModifyTargetGroup(w.ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: arn, HealthCheckPath: new("/" + n)}, fence(n)))
	}
	read := func(n string) {
		must[*elb.DescribeTargetGroupsOutput](t)(w.elb.DescribeTargetGroups(w.ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{*arn}}, fence(n)))
	}
	modify("3")
	modify("4")
	read("2") // reads are never late
	if n := w.LateChanges(); n != 0 {
		t.Fatalf("%d late changes", n)
	}
	read("6") // but they show that somebody newer is there
	modify("5")
	last := w.Calls()[len(w.Calls())-1]
	if w.LateChanges() != 1 || !last.Late || last.Fence != 5 || last.Environment != "env-a" || !last.Changes || !last.Took {
		t.Errorf("%d late changes, %+v", w.LateChanges(), last)
	}
	named := w.groupInput("env-a-api") // no tag, but the name of the environment
	must[*elb.CreateTargetGroupOutput](t)(w.elb.CreateTargetGroup(w.ctx, named, fence("1")))
	other := w.groupInput("env-ab-api")
	must[*elb.CreateTargetGroupOutput](t)(w.elb.CreateTargetGroup(w.ctx, other, fence("1")))
	if n := w.LateChanges(); n != 2 {
		t.Errorf("%d late changes", n)
	}
	if !strings.Contains(string(last.Input), `"HealthCheckPath":"/5"`) {
		t.Errorf("input %s", last.Input)
	}
	if got := strings.Join(w.Actions(), " "); got != "elasticloadbalancing.CreateTargetGroup elasticloadbalancing.DescribeTargetGroups elasticloadbalancing.ModifyTargetGroup" {
		t.Errorf("actions %s", got)
	}
}

func TestControlEndpoints(t *testing.T) {
	r := NewRegion(Options{})
	t.Cleanup(r.Close)
	r.Seed()
	ask := func(method, path, body string, into any) int {
		t.Helper()
		rec := httptest.NewRecorder()
		r.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
		if into != nil {
			if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
				t.Fatal(err)
			}
		}
		return rec.Code
	}
	w := clients(t, r, aws.Config{HTTPClient: &http.Client{Transport: r}})
	if code := ask("POST", "/_control/fail", `{"action":"ecs.*","times":1,"kind":"error","after":true}`, nil); code != 200 {
		t.Errorf("fail: %d", code)
	}
	if _, err := w.ecs.ListServices(w.ctx, &ecs.ListServicesInput{Cluster: new("staging")}); err == nil {
		t.Error("the scripted fault did not happen")
	}
	w.group("tg")
	var calls []Call
	ask("GET", "/_control/calls?changes=1", "", &calls)
	if len(calls) != 1 || calls[0].Action != "CreateTargetGroup" {
		t.Errorf("%+v", calls)
	}
	ask("POST", "/_control/push", `{"repository":"app","tag":"git-1"}`, nil)
	before := r.Now()
	ask("POST", "/_control/advance", `{"seconds":1.5}`, nil)
	var s State
	ask("GET", "/_control/state", "", &s)
	if len(s.TargetGroups) != 1 || s.Images[0].Name != "app:git-1" || s.Now.Sub(before) != 1500*time.Millisecond {
		t.Errorf("%+v", s)
	}
	ask("DELETE", "/_control/calls", "", nil)
	if len(r.Calls()) != 0 {
		t.Error("the calls were not forgotten")
	}
	for path, body := range map[string]string{"/_control/fail": `{"kind":"x"}`, "/_control/push": `{"repository":"none","tag":"1"}`, "/_control/advance": `{"second":1}`} {
		if code := ask("POST", path, body, nil); code != 400 {
			t.Errorf("%s %s: %d", path, body, code)
		}
	}
	if code := ask("GET", "/_control/none", "", nil); code != 404 {
		t.Errorf("unknown endpoint: %d", code)
	}
}

func TestUnknownServicesAndActions(t *testing.T) {
	r := NewRegion(Options{})
	t.Cleanup(r.Close)
	post := func(target, contentType, body string) (int, string) {
		req := httptest.NewRequest("POST", "/", strings.NewReader(body))
		req.Header.Set("X-Amz-Target", target)
		req.Header.Set("Content-Type", contentType)
		resp, err := r.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	for _, c := range []struct {
		target, body, want string
		code               int
	}{
		{"NoDot", "{}", "no service", 501},
		{ecsAPI.target + ".CreateMoon", "{}", "UnknownOperationException", 400},
		{ecsAPI.target + ".ListServices", `{"cluster":{}}`, "SerializationException", 400},
		{ecsAPI.target + ".ListServices", `{"maxResults":"x"}`, "SerializationException", 400},
		{ecsAPI.target + ".ListServices", `{`, "SerializationException", 400},
		{ecsAPI.target + ".ListServices", `{"cluster":"none","new":{"member":1}}`, "ClusterNotFoundException", 400},
		{"", "Version=2015-12-01&Action=CreateMoon", "<Code>InvalidAction</Code>", 400},
		{"", "Version=2015-12-01&Action=DescribeListeners&PageSize=x", "<Code>MalformedInput</Code>", 400},
		{"", "Version=2011-06-15&Action=GetCallerIdentity", "<Account>123456789012</Account>", 200},
	} {
		if code, text := post(c.target, "application/x-amz-json-1.1", c.body); code != c.code || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %d %s", c.target, c.body, code, text)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Speed, o.Throttle = 600, false })
	w.serve("app", 1)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				_, err := w.ecs.DescribeServices(w.ctx, &ecs.DescribeServicesInput{Cluster: new("staging"), Services: []string{"app"}})
				_, err2 := w.ecs.UpdateService(w.ctx, &ecs.UpdateServiceInput{Cluster: new("staging"), Service: new("app"), ForceNewDeployment: true})
				if err = errors.Join(err, err2); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	w.State()
}

func FuzzQuery(f *testing.F) {
	f.Add("Action=CreateTargetGroup&Version=2015-12-01&Name=x&Tags.member.1.Key=a&Matcher.HttpCode=200")
	f.Add("Action=DescribeTags&Version=2015-12-01&ResourceArns.member.99999999999=x&ResourceArns.member.-1=y&ResourceArns.member=z")
	f.Add("Action=RegisterTargets&Version=2015-12-01&Targets.member.1.Port=9999999999&Targets..x=1&.=&Action.x=1")
	f.Add("Action=ModifyListener&Version=2015-12-01&DefaultActions.member.1.ForwardConfig.TargetGroups.member.2.Weight=1")
	r := NewRegion(Options{})
	f.Cleanup(r.Close)
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := r.answer(context.Background(), "/", http.Header{}, []byte(body)); err != nil {
			t.Error(err)
		}
		r.ForgetCalls()
	})
}

func FuzzJSON(f *testing.F) {
	f.Add("AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition", []byte(`{"family":"f","containerDefinitions":[{"name":"c","image":"i","environment":[{"name":"A"}],"logConfiguration":{"options":{"a":"b"}}}]}`))
	f.Add("AmazonEC2ContainerServiceV20141113.CreateService", []byte(`{"cluster":"staging","serviceName":"s","taskDefinition":"f","deploymentConfiguration":{}}`))
	f.Add("CodeBuild_20161006.StartBuild", []byte(`{"projectName":"app-build","environmentVariablesOverride":[null,{}]}`))
	f.Add("Logs_20140328.GetLogEvents", []byte(`{"logGroupName":"/ecs/staging","logStreamName":"s","nextToken":"f/1/s","limit":-1}`))
	f.Add("AmazonSSM.PutParameter", []byte(`{"Name":"a","Value":"b","Type":"String","Tags":[{"Key":null}]}`))
	f.Add("AmazonEC2ContainerRegistry_V20150921.DescribeImages", []byte(`{"repositoryName":"app","imageIds":[{}]}`))
	f.Fuzz(func(t *testing.T, target string, body []byte) {
		r := NewRegion(Options{})
		defer r.Close()
		r.Seed()
		if _, err := r.answer(context.Background(), "/", http.Header{"X-Amz-Target": {target}}, bytes.Clone(body)); err != nil {
			t.Error(err)
		}
		r.Advance(time.Minute)
	})
}
