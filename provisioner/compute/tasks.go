package compute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// Tags of a task that runs migrations, beside those of everything that the environment has.
const (
	tagRun  = "qabot:run"  // names the attempt, as the client token does
	tagSeed = "qabot:seed" // whether seeds were part of it
)

// migrating is the last part of the family of task definitions that run migrations: no role's name is as long.
const migrating = "migration"

// tasks are migrations as ECS tasks: each runs one environment's own task definition, derived from a role's staging task,
// to its end.
type tasks struct {
	app  App
	from *service // the role that it is derived from; nothing but what it reads is used
}

func newTasks(app App, clients *Clients) tasks {
	t := tasks{app: app, from: &service{app: app, clients: clients,
		registry: &registry{clients: clients, repository: app.Repository}, definitions: &definitions{clients: clients}}}
	for _, r := range app.Roles {
		if r.Name == app.MigrateRole {
			t.from.role = r
		}
	}
	return t
}

func (t tasks) family(id store.ID) string { return t.app.family(id, migrating) }

func (t tasks) get(ctx context.Context, ids []string) (map[string]run, error) {
	ids = slices.DeleteFunc(unique(ids), func(id string) bool { return !strings.Contains(id, ":task/") })
	found := map[string]run{}
	for part := range slices.Chunk(ids, tasksPerPage) {
		out, err := t.from.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &t.app.Cluster, Tasks: part,
			Include: []ecstypes.TaskField{ecstypes.TaskFieldTags}})
		if err != nil {
			return nil, fmt.Errorf("describe tasks: %w", err)
		}
		for _, task := range out.Tasks {
			if found[deref(task.TaskArn)], err = t.read(ctx, task); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// recent asks family by family, for those that are to stop too: they hold on to the data until they have stopped.
func (t tasks) recent(ctx context.Context, ids []store.ID) (ours []run, err error) {
	var mu sync.Mutex
	var arns []string
	err = each(ctx, len(ids), func(ctx context.Context, i int) error {
		for _, status := range []ecstypes.DesiredStatus{ecstypes.DesiredStatusRunning, ecstypes.DesiredStatusStopped} {
			list, err := t.from.clients.ECS.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &t.app.Cluster, Family: new(t.family(ids[i])),
				DesiredStatus: status, MaxResults: new(int32(tasksPerPage))})
			if err != nil {
				return fmt.Errorf("list tasks of %s: %w", t.family(ids[i]), err)
			}
			mu.Lock()
			arns = append(arns, list.TaskArns...)
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	byID, err := t.get(ctx, arns)
	if err != nil {
		return nil, err
	}
	for _, r := range sorted(byID) {
		if r.environment != "" {
			ours = append(ours, r)
		}
	}
	slices.SortStableFunc(ours, func(a, b run) int { return b.began.Compare(a.began) })
	return ours, nil
}

// start registers the task definition and runs it once. A token that was used for another definition has started a task all
// the same, which is the one.
func (t tasks) start(ctx context.Context, j job) (run, error) {
	found, err := t.from.describe(ctx, []string{t.from.role.Service})
	if err != nil {
		return run{}, err
	}
	st, err := t.from.staging(ctx, found[t.from.role.Service])
	if err != nil {
		return run{}, err
	}
	if st == nil {
		return run{}, &store.Problem{Detail: t.from.noStaging()}
	}
	want, err := t.definition(st.definition, j)
	if err != nil {
		return run{}, err
	}
	definition, err := t.from.register(ctx, j.env.ID, want)
	if err != nil {
		return run{}, err
	}
	out, err := t.from.clients.ECS.RunTask(ctx, t.request(st.service, definition, j))
	var used *ecstypes.ConflictException
	if errors.As(err, &used) && len(used.ResourceIds) > 0 {
		byID, err := t.get(ctx, used.ResourceIds)
		if err != nil {
			return run{}, err
		}
		for _, r := range sorted(byID) {
			return r, nil
		}
	}
	if err != nil {
		return run{}, fmt.Errorf("run task %s: %w", definition, err)
	}
	if len(out.Tasks) == 0 {
		var said []string
		for _, f := range out.Failures {
			said = append(said, scrub(deref(f.Reason)))
		}
		err := fmt.Errorf("run task %s: %s", definition, strings.Join(said, "; "))
		return run{}, &fullError{store.Say(store.TasksNoRoom, strings.Join(unique(said), "; ")), err}
	}
	return t.read(ctx, out.Tasks[0])
}

// request is where and as what a task runs: as the staging service's tasks do, but never on Spot capacity. A migration that
// is cut in half leaves a structure that no migration was written for.
func (t tasks) request(staging ecstypes.Service, definition string, j job) *ecs.RunTaskInput {
	in := &ecs.RunTaskInput{
		Cluster: &t.app.Cluster, TaskDefinition: &definition, Count: new(int32(1)), ClientToken: &j.token, StartedBy: new("qabot-" + t.app.Installation),
		NetworkConfiguration: t.from.network(staging.NetworkConfiguration), PlatformVersion: staging.PlatformVersion, EnableECSManagedTags: true,
		PlacementConstraints: staging.PlacementConstraints, PlacementStrategy: staging.PlacementStrategy,
	}
	in.LaunchType, in.CapacityProviderStrategy = lasting(staging)
	tags := t.app.marks(j.env)
	tags[tagRun], tags[tagCommit], tags[tagSeed] = j.token, j.env.Spec.Commit, strconv.FormatBool(j.seed != "")
	in.Tags = ecsTags(tags)
	return in
}

func (t tasks) stop(ctx context.Context, id string) error {
	if _, err := t.from.clients.ECS.StopTask(ctx, &ecs.StopTaskInput{Cluster: &t.app.Cluster, Task: &id,
		Reason: new("No longer wanted in Slack")}); err != nil {
		return fault(fmt.Errorf("stop task %s: %w", id, err))
	}
	return nil
}

// read tells how a task stands. Only a container that ended by itself, and with 0, has passed: one that was asked to end may
// say so politely.
func (t tasks) read(ctx context.Context, task ecstypes.Task) (run, error) {
	tags := fromECS(task.Tags)
	r := run{id: deref(task.TaskArn), token: tags[tagRun], commit: tags[tagCommit], seeded: tags[tagSeed] == "true",
		status: cbtypes.StatusTypeInProgress, phase: deref(task.LastStatus), began: deref(task.CreatedAt), ended: deref(task.StoppedAt)}
	if tags[tagInstallation] == t.app.Installation && r.token != "" {
		r.environment = store.ID(tags[tagEnvironment])
	}
	e, err := t.ending(ctx, task)
	if err != nil {
		return run{}, err
	}
	name := deref(e.containers[e.main].Name)
	if group, stream := logOf(e.containers[e.main], r.id); group != "" {
		r.url = logURL(r.id, group, stream)
	}
	c, _ := e.ran(name)
	over := deref(task.LastStatus) == "STOPPED"
	if !over && (deref(c.LastStatus) != "STOPPED" || task.StopCode == "") {
		return r, nil
	}
	switch {
	case task.StopCode == ecstypes.TaskStopCodeEssentialContainerExited && c.ExitCode != nil && *c.ExitCode == endedWell:
		r.status = cbtypes.StatusTypeSucceeded
	case task.StopCode == ecstypes.TaskStopCodeUserInitiated:
		r.status = cbtypes.StatusTypeStopped
	default:
		r.status, r.phase = cbtypes.StatusTypeFailed, string(task.StopCode)
		if r.why, _ = e.verdict("", nil); r.why.Code == store.TaskExited {
			r.why = store.Say(store.MigrationExited, *c.ExitCode)
		}
	}
	return r, nil
}

// ending reads the task definition that a task runs, of which the one essential container is the one that counts.
func (t tasks) ending(ctx context.Context, task ecstypes.Task) (ending, error) {
	def, err := t.from.definitions.get(ctx, deref(task.TaskDefinitionArn))
	if err != nil {
		return ending{}, err
	}
	e := ending{task: task, containers: def.ContainerDefinitions, main: mainContainer(def.ContainerDefinitions, "", 0)}
	if e.main < 0 {
		return e, fmt.Errorf("task definition %s has no essential container", deref(task.TaskDefinitionArn))
	}
	return e, nil
}

// explain gives AWS's own words and the end of the log of the container that is to blame.
func (t tasks) explain(ctx context.Context, id string) ([]string, string, error) {
	out, err := t.from.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &t.app.Cluster, Tasks: []string{id}})
	if err != nil {
		return nil, "", fault(fmt.Errorf("describe task %s: %w", id, err))
	}
	if len(out.Tasks) == 0 {
		return nil, "", nil
	}
	e, err := t.ending(ctx, out.Tasks[0])
	if err != nil {
		return nil, "", fault(err)
	}
	container := e.containers[max(e.culprit(), 0)]
	group, stream := logOf(container, id)
	head := scrubbed([]string{ended(e.task, deref(container.Name))}, 1)
	lines, err := t.from.clients.tail(ctx, group, stream, linesShown)
	url := ""
	if group != "" {
		url = logURL(id, group, stream)
	}
	return append(head, scrubbed(lines, linesShown-len(head))...), url, err
}

func (t tasks) deletable(ctx context.Context, id store.ID) (deletable, error) {
	return t.from.definitions.deletable(ctx, t.family(id), func(tags map[string]string) bool { return t.app.owns(id, tags) })
}

func (t tasks) remains(ctx context.Context, ids []store.ID) (map[store.ID]bool, error) {
	remains := map[store.ID]bool{}
	var mu sync.Mutex
	err := each(ctx, len(ids), func(ctx context.Context, i int) error {
		l, err := t.deletable(ctx, ids[i])
		mu.Lock()
		defer mu.Unlock()
		remains[ids[i]] = !l.empty()
		return err
	})
	return remains, err
}

func (t tasks) clear(ctx context.Context, c *store.Claim) error {
	l, err := t.deletable(ctx, c.ID)
	if err != nil {
		return fault(err)
	}
	_, err = t.from.definitions.delete(ctx, l)
	return err
}
