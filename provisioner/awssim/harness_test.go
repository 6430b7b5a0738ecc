package awssim

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	tagapi "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a region with the real SDK's clients.
type world struct {
	*testing.T
	*Region
	ctx     context.Context
	ecs     *ecs.Client
	elb     *elb.Client
	ecr     *ecr.Client
	cb      *codebuild.Client
	cp      *codepipeline.Client
	ssm     *ssm.Client
	logs    *cloudwatchlogs.Client
	tag     *tagapi.Client
	sts     *sts.Client
	metrics *cloudwatch.Client
	lb      string // ARN of the load balancer

	endpoint string // empty without a network
}

// newWorld serves a region over HTTP. Throttling is on: a test that runs into it notices.
func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	o := Options{Throttle: true}
	for _, f := range change {
		f(&o)
	}
	r := NewRegion(o)
	server := httptest.NewServer(r)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		r.Close()
		client.CloseIdleConnections()
		server.Close()
	})
	w := clients(t, r, aws.Config{BaseEndpoint: &server.URL, HTTPClient: client})
	w.endpoint = server.URL
	return w
}

func clients(t *testing.T, r *Region, cfg aws.Config) *world {
	cfg.Region = "us-east-1"
	cfg.Credentials = credentials.NewStaticCredentialsProvider("AKID", "secret", "")
	if cfg.Retryer == nil {
		cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	}
	w := &world{T: t, Region: r, ctx: t.Context(), ecs: ecs.NewFromConfig(cfg), elb: elb.NewFromConfig(cfg), ecr: ecr.NewFromConfig(cfg),
		cb: codebuild.NewFromConfig(cfg), cp: codepipeline.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg), logs: cloudwatchlogs.NewFromConfig(cfg),
		tag: tagapi.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg), metrics: cloudwatch.NewFromConfig(cfg)}
	r.AddCluster("staging")
	w.lb = r.AddLoadBalancer("qa", "qa.localhost")
	return w
}

// must is a call's output, or the end of the test.
func must[O any](t *testing.T) func(O, error) O {
	return func(out O, err error) O {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused demands an error of that code.
func (w *world) refused(err error, code string) {
	w.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		w.Fatalf("got %v, want the error code %s", err, code)
	}
}

// until advances the clock second by second until the condition holds.
func (w *world) until(what string, limit time.Duration, cond func() bool) time.Duration {
	w.Helper()
	for passed := time.Duration(0); passed <= limit; passed += time.Second {
		if cond() {
			return passed
		}
		w.Advance(time.Second)
	}
	w.Fatalf("not within %s: %s", limit, what)
	return 0
}

// eventually waits in real time, for what real processes do.
func (w *world) eventually(what string, cond func() bool) {
	w.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			w.Fatalf("not within 10 s: %s", what)
		}
		<-tick.C
	}
}

var awsvpc = &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}

// define registers a task definition with one container "web" on port 8080.
func (w *world) define(family string, change ...func(*ecs.RegisterTaskDefinitionInput)) string {
	w.Helper()
	in := &ecs.RegisterTaskDefinitionInput{Family: &family, NetworkMode: ecstypes.NetworkModeAwsvpc, Cpu: new("256"), Memory: new("512"),
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: new("web"), Image: new("public.ecr.aws/x/app:1"),
			PortMappings: []ecstypes.PortMapping{{ContainerPort: new(int32(8080))}}}}}
	for _, f := range change {
		f(in)
	}
	return *must[*ecs.RegisterTaskDefinitionOutput](w.T)(w.ecs.RegisterTaskDefinition(w.ctx, in)).TaskDefinition.TaskDefinitionArn
}

func withImage(ref string) func(*ecs.RegisterTaskDefinitionInput) {
	return func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Image = &ref }
}

func (w *world) groupInput(name string) *elb.CreateTargetGroupInput {
	return &elb.CreateTargetGroupInput{Name: &name, Port: new(int32(80)), Protocol: elbtypes.ProtocolEnumHttp, VpcId: new("vpc-1"),
		TargetType: elbtypes.TargetTypeEnumIp, HealthCheckIntervalSeconds: new(int32(5)), HealthCheckTimeoutSeconds: new(int32(2)),
		HealthyThresholdCount: new(int32(2)), UnhealthyThresholdCount: new(int32(2))}
}

func (w *world) group(name string) string {
	w.Helper()
	return *must[*elb.CreateTargetGroupOutput](w.T)(w.elb.CreateTargetGroup(w.ctx, w.groupInput(name))).TargetGroups[0].TargetGroupArn
}

func forwardTo(group string) []elbtypes.Action {
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &group}}
}

func (w *world) listenerInput(port int32, group string) *elb.CreateListenerInput {
	return &elb.CreateListenerInput{LoadBalancerArn: &w.lb, Port: &port, Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forwardTo(group)}
}

func (w *world) listen(port int32, group string) string {
	w.Helper()
	return *must[*elb.CreateListenerOutput](w.T)(w.elb.CreateListener(w.ctx, w.listenerInput(port, group))).Listeners[0].ListenerArn
}

// drainFor sets a target group's deregistration delay.
func (w *world) drainFor(group, seconds string) {
	w.Helper()
	must[*elb.ModifyTargetGroupAttributesOutput](w.T)(w.elb.ModifyTargetGroupAttributes(w.ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &group, Attributes: []elbtypes.TargetGroupAttribute{{Key: new(drainAttribute), Value: &seconds}}}))
}

func serviceInput(name, def string, desired int32, group string) *ecs.CreateServiceInput {
	in := &ecs.CreateServiceInput{Cluster: new("staging"), ServiceName: &name, TaskDefinition: &def, DesiredCount: &desired, NetworkConfiguration: awsvpc}
	if group != "" {
		in.LoadBalancers = []ecstypes.LoadBalancer{{TargetGroupArn: &group, ContainerName: new("web"), ContainerPort: new(int32(8080))}}
	}
	return in
}

// serve makes target group, listener and service of one name and waits until it is steady.
func (w *world) serve(name string, desired int32, change ...func(*ecs.CreateServiceInput)) (group string) {
	w.Helper()
	group = w.group(name)
	w.drainFor(group, "5")
	w.listen(8000+int32(len(w.State().Listeners)), group)
	in := serviceInput(name, w.define(name), desired, group)
	for _, f := range change {
		f(in)
	}
	must[*ecs.CreateServiceOutput](w.T)(w.ecs.CreateService(w.ctx, in))
	w.until("service "+name+" completed", 5*time.Minute, func() bool {
		return w.look(name).deployments()[0].rollout == ecstypes.DeploymentRolloutStateCompleted
	})
	return group
}

// glance is what tests want to know of a service, taken without API calls (these would draw from the buckets).
type glance struct {
	w *world
	s *service
}

func (w *world) look(name string) glance { return glance{w, w.clusters["staging"].services[name]} }

func (g glance) deployments() (list []deployment) {
	g.w.locked(func() {
		for _, d := range g.s.deployments {
			list = append(list, *d)
		}
	})
	return list
}

func (g glance) status() (s string) {
	g.w.locked(func() { s = g.s.status })
	return s
}

// count counts the tasks that run or come, and those that serve.
func (g glance) count() (present, serving int) {
	g.w.locked(func() {
		for _, t := range g.s.tasks {
			if !t.gone() {
				present++
			}
			if g.w.healthy(t) {
				serving++
			}
		}
	})
	return present, serving
}

func (w *world) service(name string) ecstypes.Service {
	w.Helper()
	out := must[*ecs.DescribeServicesOutput](w.T)(w.ecs.DescribeServices(w.ctx, &ecs.DescribeServicesInput{Cluster: new("staging"),
		Services: []string{name}, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags}}))
	if len(out.Services) != 1 {
		w.Fatalf("service %s: %+v", name, out.Failures)
	}
	return out.Services[0]
}

func (w *world) update(name string, change func(*ecs.UpdateServiceInput)) {
	w.Helper()
	in := &ecs.UpdateServiceInput{Cluster: new("staging"), Service: &name}
	change(in)
	must[*ecs.UpdateServiceOutput](w.T)(w.ecs.UpdateService(w.ctx, in))
}
