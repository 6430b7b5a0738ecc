package compute

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// tasksRead is of how many tasks the ends of the logs are read, the newest first.
const tasksRead = 3

// Logs gives the ends of the logs of the role's newest tasks, running or stopped, the newest first, and at most most lines
// of them all. They are scrubbed. It changes nothing.
func (s *service) Logs(ctx context.Context, env store.Environment, most int) ([]store.Log, error) {
	tasks, err := s.tasks(ctx, env.ID)
	if err != nil {
		return nil, err
	}
	var logs []store.Log
	for _, t := range tasks[:min(len(tasks), tasksRead)] {
		def, err := s.definitions.get(ctx, deref(t.TaskDefinitionArn))
		if err != nil {
			return nil, fault(err)
		}
		if !s.app.owns(env.ID, def.tags) {
			continue
		}
		for _, c := range def.ContainerDefinitions {
			l, err := s.log(ctx, t, c, def.tags[tagCommit], most)
			if err != nil {
				return nil, err
			}
			if l.Group == "" && len(def.ContainerDefinitions) > 1 {
				continue // it logs elsewhere, and is not what people ask about
			}
			logs = append(logs, l)
			most -= len(l.Lines)
		}
	}
	return logs, nil
}

// log reads the end of one container's log.
func (s *service) log(ctx context.Context, t ecstypes.Task, c ecstypes.ContainerDefinition, commit string, most int) (store.Log, error) {
	arn := deref(t.TaskArn)
	l := store.Log{Role: s.role.Name, Task: arn[strings.LastIndex(arn, "/")+1:], Container: deref(c.Name), Commit: commit,
		Began: deref(t.CreatedAt), Ended: deref(t.StoppedAt)}
	if t.StoppedReason != nil {
		l.Reason = scrub(ended(t, l.Container))
	}
	group, stream := logOf(c, arn)
	if group == "" {
		return l, nil
	}
	l.Group, l.URL = group, logURL(arn, group, stream)
	if most <= 0 {
		return l, nil
	}
	lines, err := s.clients.tail(ctx, group, stream, most)
	l.Lines = scrubbed(lines, most)
	return l, err
}

// tasks gives the service's tasks, running ones and those that stopped of late, the newest first.
func (s *service) tasks(ctx context.Context, id store.ID) (all []ecstypes.Task, err error) {
	for _, status := range []ecstypes.DesiredStatus{ecstypes.DesiredStatusRunning, ecstypes.DesiredStatusStopped} {
		list, err := s.clients.ECS.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &s.app.Cluster, ServiceName: new(s.name(id)),
			DesiredStatus: status, MaxResults: new(int32(tasksPerPage))})
		if gone(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fault(fmt.Errorf("list tasks of %s: %w", s.name(id), err))
		}
		if len(list.TaskArns) == 0 {
			continue
		}
		out, err := s.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &s.app.Cluster, Tasks: list.TaskArns})
		if err != nil {
			return nil, fault(fmt.Errorf("describe tasks of %s: %w", s.name(id), err))
		}
		all = append(all, out.Tasks...)
	}
	slices.SortStableFunc(all, func(a, b ecstypes.Task) int {
		return cmp.Or(deref(b.CreatedAt).Compare(deref(a.CreatedAt)), strings.Compare(deref(a.TaskArn), deref(b.TaskArn)))
	})
	return all, nil
}

// ended says in AWS's words why a task stopped, and how its container did.
func ended(t ecstypes.Task, container string) string {
	said := strings.ReplaceAll(deref(t.StoppedReason), "\n", " ")
	for _, c := range t.Containers {
		if deref(c.Name) != container {
			continue
		}
		if c.ExitCode != nil {
			said += fmt.Sprintf(" (exit code %d)", *c.ExitCode)
		}
		if c.Reason != nil {
			said += " " + *c.Reason
		}
	}
	return said
}

// logURL is where people read a whole log in CloudWatch. Its console wants names escaped twice, with a dollar for the
// percent sign.
func logURL(taskARN, group, stream string) string {
	parts := strings.Split(taskARN, ":")
	if len(parts) < 4 {
		return ""
	}
	escaped := func(s string) string {
		return strings.ReplaceAll(url.QueryEscape(url.QueryEscape(s)), "%", "$")
	}
	return fmt.Sprintf("https://%[1]s.console.aws.amazon.com/cloudwatch/home?region=%[1]s#logsV2:log-groups/log-group/%[2]s/log-events/%[3]s",
		parts[3], escaped(group), escaped(stream))
}
