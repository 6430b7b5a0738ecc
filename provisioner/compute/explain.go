package compute

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

// tailRead is how many events of a log are read to show the last lines of it: some say nothing.
const tailRead = 50

// tail gives the last messages of a log stream, more than most lines where it has them; a stream that is not there has none.
func (c *Clients) tail(ctx context.Context, group, stream string, most int) ([]string, error) {
	if group == "" || stream == "" {
		return nil, nil
	}
	out, err := c.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream,
		StartFromHead: new(false), Limit: new(int32(max(tailRead, 2*most)))})
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

// explainRun tells of the run that a fact names.
func explainRun(ctx context.Context, r runner, f store.Fact) ([]string, string, error) {
	if f.Ref == "" {
		return nil, "", nil
	}
	return r.explain(ctx, f.Ref)
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

// Explain tells of the task that says most about the failure: AWS's reason, and how the container ended that is to blame,
// with the last lines of its log.
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
	e, ok, err := s.ending(ctx, env)
	if !ok {
		return nil, url, err
	}
	at := e.culprit()
	if at < 0 {
		return scrubbed([]string{deref(e.task.StoppedReason)}, 1), url, err
	}
	container := e.containers[at]
	group, stream := logOf(container, deref(e.task.TaskArn))
	lines, err := s.clients.tail(ctx, group, stream, linesShown)
	head := scrubbed([]string{ended(e.task, deref(container.Name))}, 1)
	return append(head, scrubbed(lines, linesShown-len(head))...), url, err
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
