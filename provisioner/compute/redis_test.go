package compute

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"qabot/provisioner"
	"qabot/provisioner/awssim"
	"qabot/provisioner/resourcetest"
	"qabot/store"
)

const valkey = "public.ecr.aws/valkey/valkey:8-alpine"

func newRedisWorld(t testing.TB) *world {
	w := newWorld(t)
	w.app.Redis = valkey
	w.build()
	return w
}

// parameter is a value of the environment's in the vault, empty where there is none.
func (w *world) parameter(name string) string {
	w.Helper()
	found, err := NewParameters(w.hand, "acme", nil).Look(w.Context(), []store.ID{w.id}, name)
	if err != nil {
		w.Fatal(err)
	}
	return found[w.id]
}

// tasksOf are those that a service of the environment runs.
func (w *world) tasksOf(role string) []ecstypes.Task {
	w.Helper()
	list, err := w.hand.ECS.ListTasks(w.Context(), &ecs.ListTasksInput{Cluster: new("staging"), ServiceName: new(string(w.id) + "-" + role)})
	if err != nil || len(list.TaskArns) == 0 {
		w.Fatalf("no tasks of %s (%v)", role, err)
	}
	out, err := w.hand.ECS.DescribeTasks(w.Context(), &ecs.DescribeTasksInput{Cluster: new("staging"), Tasks: list.TaskArns})
	if err != nil {
		w.Fatal(err)
	}
	return out.Tasks
}

func (w *world) stopTask(t ecstypes.Task) {
	w.Helper()
	if _, err := w.hand.ECS.StopTask(w.Context(), &ecs.StopTaskInput{Cluster: new("staging"), Task: t.TaskArn}); err != nil {
		w.Fatal(err)
	}
}

// lost counts how often people were told that what was in Redis is gone.
func (w *world) lost() (n int) {
	w.Helper()
	events, err := w.store.Events(w.Context(), w.id, 1000)
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range events {
		if e.Code == store.EventLost {
			n++
		}
	}
	return n
}

// pointed tells that the environment is up, and that its app runs with the address of the Redis that runs.
func (w *world) pointed(e store.Environment) bool {
	if e.Phase(w.region.Now()) != store.Up || e.Status.Version != e.Spec.Version {
		return false
	}
	task := w.tasksOf("redis")[0]
	env := plainIn(w.definition(*w.described(string(w.id) + "-app").TaskDefinition).ContainerDefinitions[1])
	return env[redisTask] == taskID(*task.TaskArn) && strings.Contains(w.parameter(redisURL), "@"+privateAddress(task)+":6379/0")
}

func TestRedisSuite(t *testing.T) {
	resourcetest.Run(t, func(t *testing.T) resourcetest.Subject {
		w := newRedisWorld(t)
		s := w.subject(RedisKind)
		s.Made = 4 // service, task definition, address and password
		s.Count = func(*testing.T) int {
			n := w.serves(redisRole)
			for _, name := range []string{redisURL, redisPassword} {
				if w.parameter(name) != "" {
					n++
				}
			}
			return n
		}
		s.Drift = func(*testing.T) {
			if _, err := w.hand.ECS.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: new("staging"),
				Service: new(string(w.id) + "-redis"), DesiredCount: new(int32(2))}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	})
}

// The password is in no task definition, and goes to AWS in one call alone: the one that keeps it.
func TestRedisIsReachedByReference(t *testing.T) {
	w := newRedisWorld(t)
	w.push(first)
	w.until("up with its Redis", w.pointed)
	password := w.parameter(redisPassword)
	if len(password) < 20 || passwordIn(w.parameter(redisURL)) != password {
		t.Fatalf("a password of %d characters, not that of the address", len(password))
	}
	for _, c := range w.region.Calls() {
		if strings.Contains(string(c.Input), password) && c.Action != "PutParameter" {
			t.Errorf("%s has the password", c.Action)
		}
	}
	env, err := w.store.Get(t.Context(), w.id)
	if err != nil {
		t.Fatal(err)
	}
	if kept := fmt.Sprintf("%+v", env); strings.Contains(kept, password) {
		t.Errorf("the store has the password: %s", kept)
	}
	redis := w.definition(*w.described(string(w.id) + "-redis").TaskDefinition)
	c := redis.ContainerDefinitions[0]
	if *c.Image != valkey || *redis.ExecutionRoleArn != "arn:aws:iam::123456789012:role/exec" || redis.TaskRoleArn != nil || c.LogConfiguration.Options["awslogs-group"] != "/staging/shop" {
		t.Errorf("Redis runs as %+v", redis)
	}
	app := w.definition(*w.described(string(w.id) + "-app").TaskDefinition).ContainerDefinitions[1]
	if !slices.ContainsFunc(app.Secrets, func(s ecstypes.Secret) bool {
		return *s.Name == redisURL && *s.ValueFrom == "/qabot/acme/"+string(w.id)+"/REDIS_URL"
	}) {
		t.Errorf("the app is given %+v", app.Secrets)
	}
}

func TestRedisLosesWhatIsInIt(t *testing.T) {
	for _, test := range []struct {
		reason string
		change func(*world)
		told   int
	}{
		{"AWS replaces the task", func(w *world) { w.stopTask(w.tasksOf("redis")[0]) }, 1},
		{"its address and password are deleted by hand", func(w *world) {
			for _, name := range []string{redisURL, redisPassword} {
				if _, err := w.hand.SSM.DeleteParameter(w.Context(), &ssm.DeleteParameterInput{Name: new("/qabot/acme/" + string(w.id) + "/" + name)}); err != nil {
					w.Fatal(err)
				}
			}
		}, 1},
		{"fresh data is asked for, which is no news", func(w *world) {
			w.want(func(s *store.Spec) { s.Data.Epoch++ })
		}, 0},
	} {
		t.Run(test.reason, func(t *testing.T) {
			w := newRedisWorld(t)
			w.push(first)
			w.until("up with its Redis", w.pointed)
			before := w.tasksOf("redis")[0]
			test.change(w)
			w.region.Advance(time.Minute)
			w.wake()
			w.until("up with another Redis", func(e store.Environment) bool {
				return w.pointed(e) && *w.tasksOf("redis")[0].TaskArn != *before.TaskArn
			})
			if n := w.lost(); n != test.told {
				t.Errorf("told %d times, want %d", n, test.told)
			}
			changes := w.changed()
			w.wake()
			w.pass()
			if n := w.changed() - changes; n != 0 || w.lost() != test.told {
				t.Errorf("%d changes more when nothing is due", n)
			}
		})
	}
}

// wake lets the next pass look at an environment that is at rest, as the sweep does.
func (w *world) wake() {
	w.Helper()
	if err := w.store.Wake(w.Context(), w.id); err != nil {
		w.Fatal(err)
	}
}

func TestRedisOutlivesSleepAndGraceAndGoesWithTheData(t *testing.T) {
	w := newRedisWorld(t)
	w.push(first)
	w.until("up with its Redis", w.pointed)
	task := *w.tasksOf("redis")[0].TaskArn
	same := func(when string) {
		t.Helper()
		if now := *w.tasksOf("redis")[0].TaskArn; now != task {
			t.Errorf("%s it is another task: its data is lost", when)
		}
	}
	w.want(func(s *store.Spec) { s.Asleep = true })
	w.untilPhase(store.Asleep)
	same("asleep")
	w.want(func(s *store.Spec) { s.Asleep = false })
	w.until("awake", w.pointed)
	same("awake")
	w.want(func(s *store.Spec) { s.Released, s.KeepDataUntil = true, w.region.Now().Add(24*time.Hour) })
	w.untilPhase(store.Kept)
	same("kept")
	w.push(first)
	w.until("back", w.pointed)
	same("brought back")
	w.push(second)
	w.until("at the next commit", func(e store.Environment) bool { return w.pointed(e) && e.Status.Serving == second })
	same("after a push")
	w.want(func(s *store.Spec) { s.Released, s.KeepDataUntil = true, time.Time{} })
	w.untilPhase(store.Removed)
	if n := w.serves(redisRole); n != 0 || w.parameter(redisURL)+w.parameter(redisPassword) != "" {
		t.Errorf("%d things are left", n)
	}
}

// What is in Redis belongs to the data beside it, and stays until other data is in its place.
func TestRedisStaysWithItsData(t *testing.T) {
	w := newRedisWorld(t)
	w.push(first)
	w.until("up with its Redis", w.pointed)
	before := *w.tasksOf("redis")[0].TaskArn
	w.data.Store(true)
	w.want(func(s *store.Spec) { s.Data.Epoch++ })
	w.untilState(RedisKind, store.Ready)
	for range 5 {
		w.region.Advance(time.Minute)
		w.wake()
		w.pass()
	}
	if now := *w.tasksOf("redis")[0].TaskArn; now != before {
		t.Error("it began anew while the data before is in use")
	}
	w.data.Store(false)
	w.wake()
	w.until("up with another Redis", func(e store.Environment) bool {
		return w.pointed(e) && *w.tasksOf("redis")[0].TaskArn != before
	})
	if w.lost() != 0 {
		t.Error("that it is empty was wished for, and is told as a loss")
	}
}

func TestRedisThatDoesNotStartIsTold(t *testing.T) {
	w := newRedisWorld(t)
	sick := true
	w.region.OnTask(func(j awssim.TaskJob) awssim.TaskOutcome {
		return awssim.TaskOutcome{CannotPull: sick && j.Container == redisRole}
	})
	w.push(first)
	env := w.untilState(RedisKind, store.Failed)
	if d := env.Status.Seen[RedisKind].Detail; d.Code != store.TaskNoImage || d.Args[0] != valkey {
		t.Errorf("told %+v", d)
	}
	sick = false
	w.want(func(*store.Spec) {}) // a retry
	w.until("up with its Redis", w.pointed)
}

func TestRedisNeedsAddresses(t *testing.T) {
	w := newRedisWorld(t)
	w.source.plain = nil
	r := w.resource(RedisKind).(*Redis)
	v := redisSight{}
	v.staging = &staging{service: ecstypes.Service{}}
	o, due, err := r.judge(store.Environment{ID: w.id}, v)
	if err != nil || due != nothing || o.State != store.Failed || o.Detail.Code != store.RedisNoAddress {
		t.Errorf("judged %+v, due %v (%v)", o, due, err)
	}
}

// A task that runs has an address already, where it is to have one.
func TestRedisNeedsIPv4(t *testing.T) {
	w := newRedisWorld(t)
	r, env := w.resource(RedisKind).(*Redis), store.Environment{ID: w.id}
	v := redisSight{password: "p", task: "arn:aws:ecs:us-east-1:123456789012:task/staging/t1"}
	v.service = &ecstypes.Service{Status: new(active), DesiredCount: 1, Tags: ecsTags(r.s.app.marks(env)),
		Deployments: []ecstypes.Deployment{{Id: new("d-1"), Status: new("PRIMARY"), RunningCount: 1, TaskDefinition: new("redis:1")}}}
	o, due, err := r.judge(env, v)
	if err != nil || due != nothing || o.State != store.Failed || o.Detail.Code != store.RedisNoAddress {
		t.Errorf("judged %+v, due %v (%v)", o, due, err)
	}
}

// What has to be rolled out is derived from staging's service: where that is not there, it is told.
func TestRedisThatRunsNeedsStagingToBeginAnew(t *testing.T) {
	w := newRedisWorld(t)
	r, env := w.resource(RedisKind).(*Redis), store.Environment{ID: w.id}
	v := redisSight{} // nobody knows its password
	v.service = &ecstypes.Service{Status: new(active), Tags: ecsTags(r.s.app.marks(env)),
		Deployments: []ecstypes.Deployment{{Id: new("d-1"), Status: new("PRIMARY"), TaskDefinition: new("redis:1")}}}
	o, due, err := r.judge(env, v)
	if err != nil || due != nothing || o.State != store.Failed || o.Detail.Code != store.StagingMissing {
		t.Errorf("judged %+v, due %v (%v)", o, due, err)
	}
}

// A migration is never put on Spot, and neither is what forgets everything there.
func TestRedisIsNotOnSpot(t *testing.T) {
	w := newRedisWorld(t)
	r := w.resource(RedisKind).(*Redis)
	v := redisSight{}
	v.staging = &staging{service: ecstypes.Service{EnableExecuteCommand: true, CapacityProviderStrategy: []ecstypes.CapacityProviderStrategyItem{{CapacityProvider: new("FARGATE_SPOT")}}}}
	p, err := r.plan(store.Environment{ID: w.id}, v)
	if err != nil || p.service.LaunchType != ecstypes.LaunchTypeFargate || len(p.service.CapacityProviderStrategy) != 0 || p.service.EnableExecuteCommand {
		t.Errorf("planned %+v (%v)", p.service, err)
	}
}

// A look at what is at rest asks for the tasks once, until the service has something new to say.
func TestRedisAtRestIsNotAskedAgain(t *testing.T) {
	w := newRedisWorld(t)
	w.push(first)
	env := w.until("up with its Redis", w.pointed)
	r := w.resource(RedisKind)
	looks := func() (n int) {
		for _, c := range w.region.Calls() {
			if c.Action == "ListTasks" {
				n++
			}
		}
		return n
	}
	at := func() store.State {
		seen, err := r.Observe(provisioner.LookAtRest(t.Context()), []store.Environment{env})
		if err != nil {
			t.Fatal(err)
		}
		return seen[0].State
	}
	if s := at(); s != store.Ready {
		t.Fatalf("at rest it is %s", s)
	}
	before := looks()
	if s := at(); s != store.Ready || looks() != before {
		t.Errorf("at rest it is %s, after %d lists of tasks", s, looks()-before)
	}
	w.stopTask(w.tasksOf("redis")[0])
	w.region.Advance(5 * time.Minute)
	if s := at(); s != store.Stale {
		t.Errorf("with another task it is %s", s)
	}
}
