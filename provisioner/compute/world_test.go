package compute

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"go.uber.org/goleak"

	"qabot/provisioner"
	"qabot/provisioner/awssim"
	"qabot/provisioner/resourcetest"
	"qabot/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	first  = "1111111111111111111111111111111111111111"
	second = "2222222222222222222222222222222222222222"
	third  = "3333333333333333333333333333333333333333"

	secretValue = "mysql2://qa:hunter2secret@db:3306/qa_x"
	stagingURL  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:staging/url"
)

// world is a region with a staging service, the product's own clients, and a real store.
type world struct {
	testing.TB
	region  *awssim.Region
	clients *Clients
	hand    *Clients // changes without a claim: the operator at the console
	store   *store.Store
	app     App
	ledger  *ledger
	source  variables
	data    filling
	options Options
	id      store.ID
	stages  provisioner.Stages
	rec     *provisioner.Reconciler
}

func newWorld(t testing.TB, change ...func(*awssim.Options)) *world {
	t.Helper()
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, os.DevNull)
	}
	o := awssim.Options{}
	for _, f := range change {
		f(&o)
	}
	region := awssim.NewRegion(o)
	t.Cleanup(region.Close)
	cfg := configOf(t, region, nil)
	hand := aws.Config{Region: cfg.Region, HTTPClient: cfg.HTTPClient, Credentials: cfg.Credentials,
		Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
	app := App{
		Name: "shop", Installation: "acme", Cluster: "staging",
		Roles:        []Role{{Name: "app", Service: "shop-app", Port: 3000, Health: "/health"}},
		LoadBalancer: "qa", FirstPort: 6664, LastPort: 6675, Domain: "qa.example.com",
		Repository: "shop", ImageProject: "shop-image",
		MigrateProject: "shop-migration", MigrateCommand: "bin/migrate", SeedCommand: "bin/seed",
		Environment: map[string]string{"RAILS_MAX_THREADS": "2"},
	}
	w := &world{TB: t, region: region, clients: NewClients(cfg), hand: NewClients(hand), store: resourcetest.Store(t), app: app,
		ledger: &ledger{migrated: map[string]bool{}, begun: map[store.ID]string{}}, options: Options{Now: region.Now}, id: store.NewID("acme", "shop", "feature/login"),
		source: variables{plain: map[string]string{"DB_NAME": "qa_x", "REDIS_NAMESPACE": "qa_x:"}}}
	w.source.secret = map[string]string{"DATABASE_URL": NewParameters(w.clients, "acme", nil).Ref(w.id, "DATABASE_URL")}
	w.furnish()
	w.build()
	return w
}

// configOf is the product's own configuration for a region.
func configOf(t testing.TB, region *awssim.Region, p *pacer) aws.Config {
	t.Helper()
	cfg, err := configure(t.Context(), "us-east-1", "", p)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Retryer = func() aws.Retryer { // the adaptive one slows down by the real clock
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = attempts, time.Millisecond })
	}
	cfg.HTTPClient = &http.Client{Transport: region}
	cfg.Credentials = credentials.NewStaticCredentialsProvider("AKID", "secret", "")
	return cfg
}

// furnish makes what operators have before qabot comes.
func (w *world) furnish() {
	w.Helper()
	w.region.AddCluster("staging")
	w.region.AddLoadBalancer("qa", "qa.localhost")
	w.region.AddRepository("shop")
	w.region.AddProject("shop-image", awssim.ProjectOptions{})
	w.region.AddProject("shop-migration", awssim.ProjectOptions{VPC: awssim.VPC, Subnets: []string{awssim.PrivateSubnet}, SecurityGroups: []string{awssim.BuildGroup}})
	w.region.AddLogGroup("/staging/shop")
	w.region.OnBuild(pushes)
	w.stageService("shop-app", "")
	w.vault()
}

// vault puts what schema would have put.
func (w *world) vault() {
	w.Helper()
	c := resourcetest.Claim(w.TB, w.store, "vault", store.Spec{App: "shop", Branch: "vault"})
	c.ID = w.id // the parameter is the environment's
	if _, err := NewParameters(w.clients, "acme", nil).Put(w.Context(), c, "DATABASE_URL", secretValue); err != nil {
		w.Fatal(err)
	}
}

func pushes(b awssim.BuildJob) awssim.Outcome {
	if strings.HasSuffix(b.Project, "-image") {
		return awssim.PushesImage(b)
	}
	return awssim.Outcome{Log: []string{"migrating " + b.Env["DATABASE_URL"]}}
}

// stageService registers staging's task definition, and its service the first time.
func (w *world) stageService(name, release string) {
	w.Helper()
	out, err := w.hand.ECS.RegisterTaskDefinition(w.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: &name, Cpu: new("256"), Memory: new("512"), NetworkMode: ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ExecutionRoleArn:        new("arn:aws:iam::123456789012:role/exec"), TaskRoleArn: new("arn:aws:iam::123456789012:role/task"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{
			{Name: new("proxy"), Image: new("nginx:1"), Essential: new(false)},
			{Name: new("web"), Image: new(w.region.Registry() + "/shop:staging"), Essential: new(true),
				PortMappings: []ecstypes.PortMapping{{ContainerPort: new(int32(3000))}},
				Environment:  []ecstypes.KeyValuePair{{Name: new("DB_NAME"), Value: new("shop_staging")}, {Name: new("PORT"), Value: new("3000")}, {Name: new("RELEASE"), Value: &release}},
				Secrets:      []ecstypes.Secret{{Name: new("DATABASE_URL"), ValueFrom: new(stagingURL)}},
				LogConfiguration: &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
					"awslogs-group": "/staging/shop", "awslogs-stream-prefix": "web", "awslogs-region": "us-east-1"}}},
		}})
	if err != nil {
		w.Fatal(err)
	}
	arn := out.TaskDefinition.TaskDefinitionArn
	if *out.TaskDefinition.Family == name && out.TaskDefinition.Revision > 1 {
		if _, err := w.hand.ECS.UpdateService(w.Context(), &ecs.UpdateServiceInput{Cluster: new("staging"), Service: &name, TaskDefinition: arn}); err != nil {
			w.Fatal(err)
		}
		return
	}
	if _, err := w.hand.ECS.CreateService(w.Context(), &ecs.CreateServiceInput{Cluster: new("staging"), ServiceName: &name,
		TaskDefinition: arn, DesiredCount: new(int32(1)), LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{awssim.SecondSubnet, awssim.PrivateSubnet}, SecurityGroups: []string{awssim.TaskGroup}}}}); err != nil {
		w.Fatal(err)
	}
}

// build makes the resources of w.app anew, as another process would.
func (w *world) build() {
	var routes, services []provisioner.Resource
	sources := []Source{w.source}
	if w.app.Redis != "" {
		r := NewRedis(w.app, w.clients, NewParameters(w.clients, "acme", w.options.Now), &w.data, w.store, w.options)
		routes, sources = append(routes, r), append(sources, r)
	}
	for _, role := range w.app.Roles {
		if role.Port != 0 {
			routes = append(routes, Route(w.app, role, w.clients, w.store, w.options))
		}
		services = append(services, Service(w.app, role, w.clients, w.store, w.options, sources...))
	}
	w.stages = provisioner.Stages{
		append(routes, Image(w.app, w.clients, w.store, w.options)),
		{Migration(w.app, w.clients, w.store, w.options, w.ledger, sources...)},
		services,
	}
	w.rec = &provisioner.Reconciler{Store: w.store, Apps: map[string]provisioner.Stages{"shop": w.stages}, Owner: "test",
		Now: w.region.Now, Log: slog.New(slog.NewTextHandler(w.Output(), nil))}
}

func (w *world) resource(kind store.Kind) provisioner.Resource {
	for _, r := range slices.Concat(w.stages...) {
		if r.Kind() == kind {
			return r
		}
	}
	w.Fatalf("no resource %s", kind)
	return nil
}

// want changes the wish as the bot would; a change raises the generation.
func (w *world) want(change func(*store.Spec)) {
	w.Helper()
	if _, err := w.store.Want(w.Context(), w.id, func(s *store.Spec) ([]store.Event, error) {
		s.App, s.Repo, s.Branch = "shop", "acme/shop", "feature/login"
		change(s)
		s.Generation++
		return nil, nil
	}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) push(commit string) {
	w.want(func(s *store.Spec) { s.Commit = commit; s.Released = false })
}

// pass makes one pass, and gives the environment as it is then.
func (w *world) pass() store.Environment {
	w.Helper()
	if _, err := w.rec.Pass(w.Context(), w.id); err != nil {
		w.Fatal(err)
	}
	env, err := w.store.Get(w.Context(), w.id)
	if err != nil {
		w.Fatal(err)
	}
	return env
}

// step is how much time passes between two passes.
const step = 10 * time.Second

// until makes passes while time goes by, until the environment is as wanted.
func (w *world) until(what string, done func(store.Environment) bool) store.Environment {
	w.Helper()
	var env store.Environment
	for range 300 {
		if env = w.pass(); done(env) {
			return env
		}
		w.region.Advance(step)
	}
	seen, _ := json.MarshalIndent(env.Status.Seen, "", " ")
	w.Fatalf("never %s; last seen %s; facts %+v", what, seen, env.Facts)
	return env
}

func (w *world) untilPhase(p store.Phase) store.Environment {
	w.Helper()
	return w.until(string(p), func(e store.Environment) bool {
		return e.Phase(w.region.Now()) == p && e.Status.Version == e.Spec.Version
	})
}

func (w *world) untilState(k store.Kind, s store.State) store.Environment {
	w.Helper()
	return w.until(fmt.Sprintf("%s %s", k, s), func(e store.Environment) bool {
		return e.Status.Version == e.Spec.Version && e.Status.Seen[k].State == s
	})
}

// changed counts the changing calls that our clients have made.
func (w *world) changed(actions ...string) (n int) {
	for _, c := range w.region.Calls() {
		if c.Changes && c.Fence > 0 && (len(actions) == 0 || slices.Contains(actions, c.Action)) {
			n++
		}
	}
	return n
}

func (w *world) described(name string) ecstypes.Service {
	w.Helper()
	out, err := w.hand.ECS.DescribeServices(w.Context(), &ecs.DescribeServicesInput{Cluster: new("staging"), Services: []string{name},
		Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags}})
	if err != nil {
		w.Fatal(err)
	}
	if len(out.Services) == 0 {
		return ecstypes.Service{}
	}
	return out.Services[0]
}

func (w *world) definition(ref string) ecstypes.TaskDefinition {
	w.Helper()
	out, err := w.hand.ECS.DescribeTaskDefinition(w.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: &ref})
	if err != nil {
		w.Fatal(err)
	}
	return *out.TaskDefinition
}

func (w *world) images() int {
	w.Helper()
	out, err := w.hand.ECR.DescribeImages(w.Context(), &ecr.DescribeImagesInput{RepositoryName: new("shop"),
		Filter: &ecrtypes.DescribeImagesFilter{TagStatus: ecrtypes.TagStatusTagged}})
	if err != nil {
		w.Fatal(err)
	}
	return len(out.ImageDetails)
}

// routed counts the target groups and listeners that lead to the environment.
func (w *world) routed() (n int) {
	w.Helper()
	b := balancer{clients: w.hand, name: "qa"}
	lb, err := b.find(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	listeners, err := b.listeners(w.Context(), *lb.LoadBalancerArn)
	if err != nil {
		w.Fatal(err)
	}
	groups, err := w.hand.ELB.DescribeTargetGroups(w.Context(), &elb.DescribeTargetGroupsInput{})
	if err != nil {
		w.Fatal(err)
	}
	for _, g := range groups.TargetGroups {
		if strings.HasPrefix(*g.TargetGroupName, string(w.id)) {
			n++
		}
	}
	for _, l := range listeners {
		if strings.Contains(forwardsTo(l), string(w.id)) {
			n++
		}
	}
	return n
}

// serves counts the environment's services that are not gone, and its task definitions.
func (w *world) serves(role string) (n int) {
	w.Helper()
	if s := w.described(string(w.id) + "-" + role); s.Status != nil && *s.Status != inactive {
		n++
	}
	family := w.app.family(w.id, role)
	for _, status := range []ecstypes.TaskDefinitionStatus{ecstypes.TaskDefinitionStatusActive, ecstypes.TaskDefinitionStatusInactive} {
		arns, err := (&definitions{clients: w.hand}).revisions(w.Context(), family, status)
		if err != nil {
			w.Fatal(err)
		}
		n += len(arns)
	}
	return n
}

// ledger holds which commit has migrated which epoch, as the schema would.
type ledger struct {
	mu       sync.Mutex
	migrated map[string]bool // by environment, epoch, commit
	begun    map[store.ID]string
	seeded   bool
	changes  []store.Change
	begins   int
}

func inLedger(env store.Environment, commit string) string {
	return fmt.Sprintf("%s/%d/%s", env.ID, env.Spec.Data.Epoch, commit)
}

func (l *ledger) Migrated(_ context.Context, envs []store.Environment) ([]bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	done := make([]bool, len(envs))
	for i, env := range envs {
		done[i] = l.migrated[inLedger(env, env.Spec.Commit)]
	}
	return done, nil
}

func (l *ledger) Begin(_ context.Context, c *store.Claim) (bool, error) {
	if err := c.Check(); err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun[c.ID] = inLedger(c.Environment, c.Spec.Commit)
	l.begins++
	return !l.seeded, nil
}

func (l *ledger) Finish(_ context.Context, c *store.Claim, passed bool) (did store.Migrated, err error) {
	if err := c.Check(); err != nil {
		return did, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun[c.ID] == "" {
		return did, fmt.Errorf("finish: none was begun")
	}
	if passed {
		l.migrated[l.begun[c.ID]], l.seeded = true, true
	}
	return store.Migrated{Changes: l.changes}, nil
}

// filling tells that data that is wished for is not there yet.
type filling struct{ atomic.Bool }

func (f *filling) Fresh(_ context.Context, envs []store.Environment) ([]bool, error) {
	return slices.Repeat([]bool{!f.Load()}, len(envs)), nil
}

// variables are a Source.
type variables struct{ plain, secret map[string]string }

func (v variables) Environ(store.Environment) (plain, secret map[string]string) {
	return maps.Clone(v.plain), maps.Clone(v.secret)
}
