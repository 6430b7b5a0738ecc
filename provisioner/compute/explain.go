package compute

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// tailRead is how many events of a log are read to show the last lines of it.
const tailRead = 50

// tail gives the last messages of a log stream; a stream that is not there has none.
func (c *Clients) tail(ctx context.Context, group, stream string) ([]string, error) {
	if group == "" || stream == "" {
		return nil, nil
	}
	out, err := c.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream,
		StartFromHead: new(false), Limit: new(int32(tailRead))})
	if coded(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, fault(fmt.Errorf("get log %s: %w", stream, err))
	}
	messages := make([]string, len(out.Events))
	for i, e := range out.Events {
		messages[i] = deref(e.Message)
	}
	return messages, nil
}

// explainRun gives the last lines of a build's log, and where to read all of it.
func explainRun(ctx context.Context, r runs, id string) ([]string, string, error) {
	if id == "" {
		return nil, "", nil
	}
	byID, err := r.get(ctx, []string{id})
	if err != nil {
		return nil, "", fault(err)
	}
	b := byID[id]
	lines, err := r.clients.tail(ctx, b.group, b.stream)
	return scrubbed(said(lines)), b.url, err
}

// What CodeBuild itself writes between the lines of the commands, and which of that tells a person nothing.
var (
	buildStamp = regexp.MustCompile(`^\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? ?`)
	buildNoise = regexp.MustCompile(`^(Entering phase|Phase complete:|Phase context status code:\s+Message:\s*$|Waiting for|YAML location|` +
		`Processing environment|No runtime version|Moving to directory|Phases found|Setting HTTP client|Registering with agent|Expanded|` +
		`Configuring ssm|Successfully updated ssm|Running command|Running on CodeBuild|CODEBUILD_SRC_DIR|Not using proxy|Selecting|\s*$)`)
)

// said leaves out what CodeBuild says of itself, and its time stamps.
func said(lines []string) (kept []string) {
	for _, line := range lines {
		stamp := buildStamp.FindString(line)
		line = strings.TrimRight(line[len(stamp):], "\r\n")
		if stamp == "" || !buildNoise.MatchString(line) {
			kept = append(kept, line)
		}
	}
	return kept
}

// Explain tells of the task that stopped last: AWS's reason, its exit code, the last lines of its log.
func (s *service) Explain(ctx context.Context, env store.Environment, _ store.Observation) ([]string, string, error) {
	found, err := s.describe(ctx, []string{s.name(env.ID)})
	if err != nil {
		return nil, "", fault(err)
	}
	svc, ok := found[s.name(env.ID)]
	if !ok || !s.app.owns(env.ID, fromECS(svc.Tags)) {
		return nil, "", nil
	}
	url := s.consoleURL(&svc)
	task, ok, err := s.lastStopped(ctx, env.ID, env.Facts[s.Kind()].Ref)
	if err != nil || !ok {
		return nil, url, err
	}
	first := deref(task.StoppedReason)
	def, err := s.definitions.get(ctx, deref(task.TaskDefinitionArn))
	if err != nil {
		return scrubbed([]string{first}), url, fault(err)
	}
	main := mainContainer(def.ContainerDefinitions, s.role.Container, s.role.Port)
	if main < 0 {
		return scrubbed([]string{first}), url, nil
	}
	container := def.ContainerDefinitions[main]
	for _, c := range task.Containers {
		if deref(c.Name) == deref(container.Name) {
			if c.ExitCode != nil {
				first += fmt.Sprintf(" (exit code %d)", *c.ExitCode)
			}
			if c.Reason != nil {
				first += " " + *c.Reason
			}
		}
	}
	group, stream := logOf(container, deref(task.TaskArn))
	lines, err := s.clients.tail(ctx, group, stream)
	shown := scrubbed(lines)
	head := scrubbed([]string{strings.ReplaceAll(first, "\n", " ")})
	return append(head, shown[max(0, len(shown)-linesShown+len(head)):]...), url, err
}

const tasksPerPage = 100

// lastStopped gives the task that stopped last, of that task definition where it has one.
func (s *service) lastStopped(ctx context.Context, id store.ID, definition string) (last ecstypes.Task, ok bool, err error) {
	list, err := s.clients.ECS.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &s.app.Cluster, ServiceName: new(s.name(id)),
		DesiredStatus: ecstypes.DesiredStatusStopped, MaxResults: new(int32(tasksPerPage))})
	if err != nil {
		return last, false, fault(fmt.Errorf("list stopped tasks of %s: %w", s.name(id), err))
	}
	if len(list.TaskArns) == 0 {
		return last, false, nil
	}
	out, err := s.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &s.app.Cluster, Tasks: list.TaskArns})
	if err != nil {
		return last, false, fault(fmt.Errorf("describe stopped tasks of %s: %w", s.name(id), err))
	}
	better := func(a, b ecstypes.Task) bool {
		if x, y := deref(a.TaskDefinitionArn) == definition, deref(b.TaskDefinitionArn) == definition; x != y {
			return x
		}
		return deref(a.StoppedAt).After(deref(b.StoppedAt))
	}
	for _, t := range out.Tasks {
		if !ok || better(t, last) {
			last, ok = t, true
		}
	}
	return last, ok, nil
}

// logOf gives group and stream of a container's log, empty where it does not go to CloudWatch.
func logOf(c ecstypes.ContainerDefinition, taskARN string) (group, stream string) {
	if c.LogConfiguration == nil || c.LogConfiguration.LogDriver != ecstypes.LogDriverAwslogs {
		return "", ""
	}
	options := c.LogConfiguration.Options
	if options["awslogs-stream-prefix"] == "" {
		return "", ""
	}
	task := taskARN[strings.LastIndex(taskARN, "/")+1:]
	return options["awslogs-group"], strings.Join([]string{options["awslogs-stream-prefix"], deref(c.Name), task}, "/")
}
