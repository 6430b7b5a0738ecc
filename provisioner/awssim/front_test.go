package awssim

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// fakeProcess is a container that serves HTTP from within the test.
type fakeProcess struct {
	server *httptest.Server
	done   chan struct{}
	once   sync.Once
	code   int
}

func (p *fakeProcess) Addr(int) string       { return strings.TrimPrefix(p.server.URL, "http://") }
func (p *fakeProcess) Done() <-chan struct{} { return p.done }
func (p *fakeProcess) ExitCode() int         { return p.code }
func (p *fakeProcess) Stop(time.Duration)    { p.exit(143) }
func (p *fakeProcess) exit(code int) {
	p.once.Do(func() {
		p.server.Close()
		p.code = code
		close(p.done)
	})
}

// processes starts fake processes and hands them to the test.
type processes struct {
	mu      sync.Mutex
	started []*fakeProcess
	jobs    []TaskJob
}

func (ps *processes) start(job TaskJob, log io.Writer) (Process, error) {
	if job.Env["BROKEN"] != "" {
		return nil, fmt.Errorf("no such file")
	}
	p := &fakeProcess{done: make(chan struct{})}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == job.Env["SICK_PATH"] {
			w.WriteHeader(500)
		}
		_, _ = fmt.Fprintf(w, "%s %s", req.Host, job.Family)
	}))
	_, _ = io.WriteString(log, "hello\n")
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.started, ps.jobs = append(ps.started, p), append(ps.jobs, job)
	return p, nil
}

func (ps *processes) last() *fakeProcess {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.started[len(ps.started)-1]
}

func (ps *processes) count() int {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return len(ps.started)
}

// realWorld really listens and starts processes, sixty times as fast as the clock on the wall.
func realWorld(t *testing.T) (*world, *processes, func() string) {
	ps := &processes{}
	var addr string
	w := newWorld(t, func(o *Options) {
		o.Speed, o.Throttle, o.Runner = 60, false, &Runner{Start: ps.start}
		o.Listen = func(int32) (net.Listener, error) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err == nil {
				addr = l.Addr().String()
			}
			return l, err
		}
	})
	return w, ps, func() string { return addr }
}

func fetch(t *testing.T, addr, host string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return 0, err.Error()
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text) + resp.Header.Get("Location")
}

func TestListenersReachProcesses(t *testing.T) {
	w, ps, addr := realWorld(t)
	w.AddLogGroup("/g")
	tg := w.group("app")
	w.drainFor(tg, "0")
	l := w.listen(80, tg)
	if status, body := fetch(t, addr(), "a.qa.localhost"); status != 503 || !strings.Contains(body, "503 Service Unavailable") {
		t.Errorf("nothing behind it: %d %s", status, body)
	}
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, serviceInput("app", w.define("app", withLogs("/g")), 1, tg)))
	w.eventually("it serves", func() bool { status, _ := fetch(t, addr(), "x"); return status == 200 })
	if _, body := fetch(t, addr(), "a.qa.localhost"); body != "a.qa.localhost app" {
		t.Errorf("the process saw %q", body)
	}
	first := ps.last()
	first.exit(9)
	w.eventually("another process serves", func() bool { status, _ := fetch(t, addr(), "x"); return status == 200 && ps.count() == 2 })
	stopped := must[*ecs.ListTasksOutput](t)(w.ecs.ListTasks(w.ctx, &ecs.ListTasksInput{Cluster: new("staging"), DesiredStatus: types.DesiredStatusStopped}))
	task := must[*ecs.DescribeTasksOutput](t)(w.ecs.DescribeTasks(w.ctx, &ecs.DescribeTasksInput{Cluster: new("staging"), Tasks: stopped.TaskArns})).Tasks[0]
	if *task.Containers[0].ExitCode != 9 {
		t.Errorf("exit code %d", *task.Containers[0].ExitCode)
	}
	w.locked(func() {
		for name, s := range w.logGroups["/g"].streams {
			if len(s.events) != 1 || s.events[0].message != "hello" {
				t.Errorf("%s: %+v", name, s.events)
			}
		}
	})
	must[*ecs.DeleteServiceOutput](t)(w.ecs.DeleteService(w.ctx, &ecs.DeleteServiceInput{Cluster: new("staging"), Service: new("app"), Force: new(true)}))
	<-ps.last().Done()
	must[*elb.DeleteListenerOutput](t)(w.elb.DeleteListener(w.ctx, &elb.DeleteListenerInput{ListenerArn: &l}))
	if status, _ := fetch(t, addr(), "x"); status != 0 {
		t.Errorf("the listener is gone and still answers %d", status)
	}
}

func TestRealHealthChecksFail(t *testing.T) {
	w, _, addr := realWorld(t)
	tg := w.group("app")
	w.drainFor(tg, "0")
	w.listen(80, tg)
	in := serviceInput("app", w.define("app", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].Environment = []types.KeyValuePair{{Name: new("SICK_PATH"), Value: new("/")}}
	}), 1, tg)
	configuration(100, 200, &types.DeploymentCircuitBreaker{Enable: true,
		ThresholdConfiguration: &types.ThresholdConfiguration{Type: types.ThresholdTypeCount, Value: 1}})(in)
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, in))
	w.eventually("the breaker trips", func() bool {
		return w.look("app").deployments()[0].rollout == types.DeploymentRolloutStateFailed
	})
	if status, _ := fetch(t, addr(), "x"); status != 503 {
		t.Errorf("a sick task is served: %d", status)
	}
}

func TestProcessThatDoesNotStart(t *testing.T) {
	w, _, _ := realWorld(t)
	w.run(w.define("app", func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].Environment = []types.KeyValuePair{{Name: new("BROKEN"), Value: new("1")}}
	}))
	w.eventually("the task stops", func() bool { return len(w.State().Tasks) == 0 })
	w.locked(func() {
		for _, task := range w.tasks {
			if task.reason != "CannotStartContainerError: no such file" {
				t.Errorf("reason %q", task.reason)
			}
		}
	})
}

func TestListenerHandlerWithoutSockets(t *testing.T) {
	w := newWorld(t)
	w.OnTask(func(TaskJob) TaskOutcome {
		return TaskOutcome{Serve: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) })}
	})
	w.serve("app", 1)
	ask := func(port int32, accept string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		req := httptest.NewRequest("GET", "/", nil)
		req.Header.Set("Accept", accept)
		w.ListenerHandler("qa", port).ServeHTTP(rec, req)
		return rec
	}
	if rec := ask(8000, ""); rec.Code != 418 {
		t.Errorf("%d", rec.Code)
	}
	if rec := ask(9999, ""); rec.Code != 404 {
		t.Errorf("no such listener: %d", rec.Code)
	}
	w.listen(8100, w.group("empty"))
	if rec := ask(8100, "application/json"); rec.Code != 503 || !strings.Contains(rec.Body.String(), `"status":503`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	in := w.listenerInput(8101, "")
	in.DefaultActions = []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse,
		FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: new("451"), MessageBody: new("no")}}}
	must[*elb.CreateListenerOutput](t)(w.elb.CreateListener(w.ctx, in))
	if rec := ask(8101, ""); rec.Code != 451 || rec.Body.String() != "no" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestCodeMatcher(t *testing.T) {
	for matcher, want := range map[string]bool{"200": true, "200,302": true, "200-299": true, "201-299": false, "302": false, "": false, "x, 200": true} {
		if codeMatches(matcher, 200) != want {
			t.Errorf("%q matches 200: %t", matcher, !want)
		}
	}
}
