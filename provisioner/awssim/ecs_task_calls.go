package awssim

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// taskToken remembers what a clientToken of RunTask was used for.
type taskToken struct {
	input ecs.RunTaskInput
	arns  []string
	until time.Time
}

// tokenTime is how long a clientToken of RunTask is remembered.
const tokenTime = 24 * time.Hour

func (r *Region) runTask(in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
	c, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	count := 1
	if in.Count != nil {
		count = int(*in.Count)
	}
	if count < 1 || count > 10 {
		return nil, fail("InvalidParameterException", "The number of tasks must be between 1 and 10")
	}
	if len(deref(in.ClientToken)) > 64 {
		return nil, fail("InvalidParameterException", "clientToken must be at most 64 characters")
	}
	if out, err := r.sameRun(in); out != nil || err != nil {
		return out, err
	}
	def, err := r.runnable(in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	if def.NetworkMode == types.NetworkModeAwsvpc && (in.NetworkConfiguration == nil || in.NetworkConfiguration.AwsvpcConfiguration == nil) {
		return nil, fail("InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	if err := checkOverrides(in.Overrides, def); err != nil {
		return nil, err
	}
	out := &ecs.RunTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	token := taskToken{input: *in, until: r.clock.now.Add(tokenTime)}
	for range count {
		t := r.newTask(c, def, in.Overrides)
		t.group, t.startBy = cmp.Or(deref(in.Group), "family:"+*def.Family), deref(in.StartedBy)
		t.launch = cmp.Or(in.LaunchType, t.launch)
		if !r.place(t) {
			out.Failures = append(out.Failures, types.Failure{Reason: new("Capacity is unavailable at this time. Please try again later or in a different availability zone")})
			continue
		}
		tags := ecsTagMap(in.Tags)
		if in.PropagateTags == types.PropagateTagsTaskDefinition {
			tags = maps.Clone(r.tags.live[*def.TaskDefinitionArn])
			if tags == nil {
				tags = map[string]string{}
			}
			maps.Copy(tags, ecsTagMap(in.Tags))
		}
		r.tag(t.arn, tags)
		token.arns = append(token.arns, t.arn)
		out.Tasks = append(out.Tasks, r.describeTask(t, true))
	}
	if deref(in.ClientToken) != "" && len(token.arns) > 0 {
		r.taskTokens[*in.ClientToken] = token
	}
	return out, nil
}

// sameRun answers a repeated clientToken: the same tasks for the same call, a conflict for another.
func (r *Region) sameRun(in *ecs.RunTaskInput) (*ecs.RunTaskOutput, error) {
	before, used := r.taskTokens[deref(in.ClientToken)]
	if !used || r.clock.now.After(before.until) {
		return nil, nil
	}
	if !reflect.DeepEqual(before.input, *in) {
		return nil, &types.ConflictException{Message: new("The client token was used with other parameters"), ResourceIds: before.arns}
	}
	out := &ecs.RunTaskOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	for _, arn := range before.arns {
		if t := r.tasks[arn]; t != nil {
			out.Tasks = append(out.Tasks, r.describeTask(t, true))
		}
	}
	return out, nil
}

func checkOverrides(o *types.TaskOverride, def *types.TaskDefinition) error {
	if o == nil {
		return nil
	}
	for _, c := range o.ContainerOverrides {
		if !slices.ContainsFunc(def.ContainerDefinitions, func(d types.ContainerDefinition) bool { return *d.Name == deref(c.Name) }) {
			return fail("InvalidParameterException", "Override for container named %s is not a container in the TaskDefinition.", deref(c.Name))
		}
	}
	return nil
}

// task finds one of the cluster by ARN or id.
func (r *Region) task(c *cluster, ref string) *task {
	if !strings.HasPrefix(ref, "arn:") {
		ref = r.arn("ecs", "task/"+c.name+"/"+ref)
	}
	if t := r.tasks[ref]; t != nil && t.cluster == c {
		return t
	}
	return nil
}

func (r *Region) stopTaskCall(in *ecs.StopTaskInput) (*ecs.StopTaskOutput, error) {
	c, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	t := r.task(c, deref(in.Task))
	if t == nil {
		return nil, fail("InvalidParameterException", "The referenced task was not found.")
	}
	reason := "Task stopped by user"
	if in.Reason != nil {
		reason = *in.Reason
	}
	r.stop(t, types.TaskStopCodeUserInitiated, reason)
	if t.service != nil {
		t.service.steady = false
		r.schedule(t.service)
	}
	out := r.describeTask(t, false)
	return &ecs.StopTaskOutput{Task: &out}, nil
}

func (r *Region) listTasks(in *ecs.ListTasksInput) (*ecs.ListTasksOutput, error) {
	c, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	var ofService *service
	if in.ServiceName != nil {
		if ofService, err = r.service(in.Cluster, in.ServiceName); err != nil {
			return nil, err
		}
	}
	desired := cmp.Or(string(in.DesiredStatus), "RUNNING")
	var arns []string
	for _, arn := range slices.Sorted(maps.Keys(r.tasks)) {
		t := r.tasks[arn]
		if t.cluster == c && t.desired == desired && r.visible(t.created) && (ofService == nil || t.service == ofService) &&
			(in.Family == nil || *in.Family == *t.def.Family) && (in.StartedBy == nil || *in.StartedBy == t.startBy) &&
			(in.LaunchType == "" || in.LaunchType == t.launch) {
			arns = append(arns, arn)
		}
	}
	items, next, err := ecsPage(arns, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &ecs.ListTasksOutput{TaskArns: items, NextToken: next}, nil
}

func (r *Region) describeTasks(in *ecs.DescribeTasksInput) (*ecs.DescribeTasksOutput, error) {
	c, err := r.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Tasks) == 0 || len(in.Tasks) > 100 {
		return nil, fail("InvalidParameterException", "Between 1 and 100 tasks can be described in one call")
	}
	out := &ecs.DescribeTasksOutput{Tasks: []types.Task{}, Failures: []types.Failure{}}
	for _, ref := range in.Tasks {
		t := r.task(c, ref)
		if t == nil || !r.visible(t.created) {
			out.Failures = append(out.Failures, types.Failure{Arn: &ref, Reason: new("MISSING")})
			continue
		}
		out.Tasks = append(out.Tasks, r.describeTask(t, slices.Contains(in.Include, types.TaskFieldTags)))
	}
	return out, nil
}

func (r *Region) describeTask(t *task, withTags bool) types.Task {
	out := types.Task{TaskArn: &t.arn, ClusterArn: &t.cluster.arn, TaskDefinitionArn: t.def.TaskDefinitionArn, Group: &t.group,
		LastStatus: new(t.last), DesiredStatus: new(t.desired), CreatedAt: &t.created, LaunchType: t.launch, Version: t.version,
		Cpu: t.def.Cpu, Memory: t.def.Memory, Overrides: &t.overrides, HealthStatus: types.HealthStatusUnknown,
		AvailabilityZone: new(r.opts.Region + "a"), PullStartedAt: timeOrNil(t.pulled), StartedAt: timeOrNil(t.started),
		StoppingAt: timeOrNil(t.stopping), StoppedAt: timeOrNil(t.stopped), StopCode: t.stopCode,
		Attachments: []types.Attachment{{Id: new(t.id), Type: new("ElasticNetworkInterface"), Status: new("ATTACHED"),
			Details: []types.KeyValuePair{{Name: new("privateIPv4Address"), Value: &t.ip}}}}}
	if t.reason != "" {
		out.StoppedReason = new(t.reason)
	}
	if t.startBy != "" {
		out.StartedBy = &t.startBy
	}
	if withTags {
		out.Tags = r.ecsTags(t.arn)
	}
	for _, c := range t.containers {
		d := types.Container{ContainerArn: &c.arn, TaskArn: &t.arn, Name: c.def.Name, Image: c.def.Image, LastStatus: new(c.status),
			ExitCode: c.exit, HealthStatus: types.HealthStatusUnknown,
			NetworkInterfaces: []types.NetworkInterface{{AttachmentId: new(t.id), PrivateIpv4Address: &t.ip}}}
		if c.reason != "" {
			d.Reason = new(c.reason)
		}
		if c.def.HealthCheck != nil && t.last == "RUNNING" {
			d.HealthStatus = r.healthOf(c)
			out.HealthStatus = d.HealthStatus
		}
		out.Containers = append(out.Containers, d)
	}
	return out
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
