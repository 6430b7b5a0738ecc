package awssim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// task is one run of a task definition: PROVISIONING, PENDING, RUNNING, (DEACTIVATING,) STOPPING, DEPROVISIONING, STOPPED.
type task struct {
	arn, id        string
	cluster        *cluster
	service        *service    // nil for RunTask
	deployment     *deployment // of the service
	def            *types.TaskDefinition
	overrides      types.TaskOverride
	group, startBy string
	launch         types.LaunchType
	ip             string
	last           string
	desired        string
	created        time.Time
	pulled         time.Time
	started        time.Time
	stopping       time.Time
	stopped        time.Time
	stopCode       types.TaskStopCode
	reason         string
	version        int64
	containers     []*container
}

type container struct {
	def      *types.ContainerDefinition
	arn      string
	outcome  TaskOutcome
	status   string
	exit     *int32
	reason   string
	process  Process // nil: imaginary, or not started yet
	launched time.Time
	health   types.HealthStatus // by its own checks
	failures int32              // of them, in a row
	log      *lineWriter
}

func (t *task) starting() bool { return t.last == "PROVISIONING" || t.last == "PENDING" }

// gone reports whether the task's containers have ended.
func (t *task) gone() bool { return t.last == "DEPROVISIONING" || t.last == "STOPPED" }

func (t *task) enter(status string) {
	t.last = status
	t.version++
	for _, c := range t.containers {
		switch {
		case c.status == "STOPPED":
		case status == "DEPROVISIONING" || status == "STOPPED":
			c.status = "STOPPED"
		case status == "PENDING" || status == "RUNNING":
			c.status = status
		}
	}
}

// containerWithPort is the container that maps the port, or else the first.
func (t *task) containerWithPort(port int32) *container {
	for _, c := range t.containers {
		for _, p := range c.def.PortMappings {
			if deref(p.ContainerPort) == port {
				return c
			}
		}
	}
	return t.containers[0]
}

// newTask prepares a task that is not placed yet.
func (r *Region) newTask(c *cluster, def *types.TaskDefinition, overrides *types.TaskOverride) *task {
	id := r.newID(32)
	r.nextAddress++
	t := &task{id: id, arn: r.arn("ecs", "task/"+c.name+"/"+id), cluster: c, def: def, overrides: deref(overrides), desired: "RUNNING",
		created: r.clock.now, ip: r.opts.Address(r.nextAddress), launch: types.LaunchTypeFargate}
	for i := range def.ContainerDefinitions {
		t.containers = append(t.containers, &container{def: &def.ContainerDefinitions[i], status: "PENDING",
			arn: r.arn("ecs", "container/"+c.name+"/"+id+"/"+r.newUUID())})
	}
	t.enter("PROVISIONING")
	return t
}

// place starts a task, unless the hook finds no capacity for it.
func (r *Region) place(t *task) bool {
	if r.onTask != nil {
		for _, c := range t.containers {
			job, _ := r.job(t, c) // a missing secret fails the task later
			c.outcome = r.onTask(job)
			if c.outcome.NoCapacity {
				return false
			}
		}
	}
	r.tasks[t.arn] = t
	r.clock.after(r.opts.Durations.TaskProvisioning, func() { r.prepare(t) })
	return true
}

// prepare resolves secrets, finds the log groups and pulls the images.
func (r *Region) prepare(t *task) {
	if t.last != "PROVISIONING" || t.desired == "STOPPED" {
		return
	}
	t.pulled = r.clock.now
	for _, c := range t.containers {
		if err := r.canStart(t, c); err != nil {
			r.failTask(t, types.TaskStopCodeTaskFailedToStart, err.Error())
			return
		}
	}
	t.enter("PENDING")
	r.clock.after(r.opts.Durations.TaskPending, func() { r.launch(t) })
}

func (r *Region) canStart(t *task, c *container) error {
	if _, err := r.job(t, c); err != nil {
		return err
	}
	if l := c.def.LogConfiguration; l != nil && l.LogDriver == types.LogDriverAwslogs {
		group := l.Options["awslogs-group"]
		if r.logGroups[group] == nil && l.Options["awslogs-create-group"] != "true" {
			return fmt.Errorf("ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group '%s' defined in the task definition: ResourceNotFoundException: The specified log group does not exist", group)
		}
		c.log = &lineWriter{region: r, stream: r.logStream(group, l.Options["awslogs-stream-prefix"]+"/"+*c.def.Name+"/"+t.id)}
	} else {
		c.log = &lineWriter{region: r}
	}
	if c.outcome.CannotPull || !r.pullable(*c.def.Image) {
		c.reason = fmt.Sprintf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: %s: not found", *c.def.Image, *c.def.Image)
		return fmt.Errorf("%s", c.reason)
	}
	return nil
}

// job is what a container is started with. Its error is the reason that ECS would give.
func (r *Region) job(t *task, c *container) (TaskJob, error) {
	job := TaskJob{ARN: t.arn, Family: *t.def.Family, Container: *c.def.Name, Image: *c.def.Image,
		Address: t.ip, Command: slices.Concat(c.def.EntryPoint, c.def.Command), Env: map[string]string{}}
	if t.service != nil {
		job.Service = t.service.name
	}
	for _, p := range c.def.PortMappings {
		job.Ports = append(job.Ports, int(deref(p.ContainerPort)))
	}
	for _, e := range c.def.Environment {
		job.Env[deref(e.Name)] = deref(e.Value)
	}
	var missing []string
	for _, s := range c.def.Secrets {
		if p := r.parameter(deref(s.ValueFrom)); p != nil {
			job.Env[deref(s.Name)] = p.value
		} else {
			missing = append(missing, deref(s.ValueFrom))
		}
	}
	for _, o := range t.overrides.ContainerOverrides {
		if deref(o.Name) != *c.def.Name {
			continue
		}
		if o.Command != nil {
			job.Command = slices.Concat(c.def.EntryPoint, o.Command)
		}
		for _, e := range o.Environment {
			job.Env[deref(e.Name)] = deref(e.Value)
		}
	}
	if missing != nil {
		return job, fmt.Errorf("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: %s",
			strings.Join(missing, ", "))
	}
	return job, nil
}

// launch starts the containers.
func (r *Region) launch(t *task) {
	if t.last != "PENDING" || t.desired == "STOPPED" {
		return
	}
	if r.opts.Runner.Start == nil {
		r.running(t)
		return
	}
	r.startProcesses(t)
}

// running is the moment in which all containers have started.
func (r *Region) running(t *task) {
	t.started = r.clock.now
	t.enter("RUNNING")
	for _, c := range t.containers {
		if c.process != nil {
			r.checkContainer(t, c)
			continue
		}
		if c.log.stream != nil {
			c.log.stream.append(r.clock.now, c.outcome.Log...)
		}
		if c.outcome.Exits || c.outcome.NoMemory {
			r.clock.after(c.outcome.After, func() { r.endByItself(t, c) })
		}
	}
	if t.service != nil {
		r.taskRunning(t)
	}
}

// endByItself is the scripted end of a container.
func (r *Region) endByItself(t *task, c *container) {
	if c.status != "RUNNING" {
		return
	}
	code := c.outcome.ExitCode
	if c.outcome.NoMemory {
		const killed = 128 + 9
		code, c.reason = killed, "OutOfMemoryError: Container killed due to memory usage"
	}
	r.exited(t, c, code)
}

// exited notes the end of a container, and ends the task when it was an essential one.
func (r *Region) exited(t *task, c *container, code int) {
	if c.status == "STOPPED" {
		return
	}
	c.status, c.exit = "STOPPED", new(int32(code))
	alive := slices.ContainsFunc(t.containers, func(c *container) bool { return c.status != "STOPPED" })
	switch {
	case t.desired == "STOPPED":
		if !alive {
			r.deprovision(t)
		}
	case deref(c.def.Essential) || !alive:
		r.failTask(t, types.TaskStopCodeEssentialContainerExited, "Essential container in task exited")
	}
}

// failTask ends a task that did not end as anybody wished.
func (r *Region) failTask(t *task, code types.TaskStopCode, reason string) {
	if t.desired == "STOPPED" {
		return
	}
	if t.service != nil {
		r.noteFailure(t)
	}
	r.stop(t, code, reason)
	if t.service != nil {
		r.schedule(t.service)
	}
}

// stop ends a task: its targets drain first, then its containers end, then its network goes.
func (r *Region) stop(t *task, code types.TaskStopCode, reason string) {
	if t.desired == "STOPPED" {
		return
	}
	wasRunning := t.last == "RUNNING"
	t.desired, t.stopCode, t.reason, t.stopping = "STOPPED", code, reason, r.clock.now
	drain := r.deregisterTask(t)
	alive := slices.ContainsFunc(t.containers, func(c *container) bool { return c.status == "RUNNING" })
	switch {
	case !alive:
		r.deprovision(t)
	case wasRunning && drain > 0 && code != types.TaskStopCodeEssentialContainerExited:
		t.enter("DEACTIVATING")
		r.clock.after(drain, func() { r.kill(t) })
	default:
		r.kill(t)
	}
}

// kill ends the containers that still run.
func (r *Region) kill(t *task) {
	if t.gone() {
		return
	}
	t.enter("STOPPING")
	for _, c := range t.containers {
		switch {
		case c.status != "RUNNING":
		case c.process != nil:
			r.stopProcess(c)
		default:
			r.clock.after(r.opts.Durations.TaskStopping, func() { r.exited(t, c, 0) })
		}
	}
}

func (r *Region) deprovision(t *task) {
	if t.gone() {
		return
	}
	t.enter("DEPROVISIONING")
	r.clock.after(r.opts.Durations.TaskDeprovisioning, func() {
		t.stopped = r.clock.now
		t.enter("STOPPED")
		r.clock.after(r.opts.Durations.StoppedTaskKept, func() {
			delete(r.tasks, t.arn)
			r.untag(t.arn)
		})
		if t.service != nil {
			r.schedule(t.service)
		}
	})
	if t.service != nil {
		r.schedule(t.service)
	}
}
