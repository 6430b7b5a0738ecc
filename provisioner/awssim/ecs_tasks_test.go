package awssim

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

func (w *world) run(def string, change ...func(*ecs.RunTaskInput)) *ecs.RunTaskOutput {
	w.Helper()
	in := &ecs.RunTaskInput{Cluster: new("staging"), TaskDefinition: &def, NetworkConfiguration: awsvpc}
	for _, f := range change {
		f(in)
	}
	return must[*ecs.RunTaskOutput](w.T)(w.ecs.RunTask(w.ctx, in))
}

// ended runs a task to its end and describes it.
func (w *world) ended(def string) types.Task {
	w.Helper()
	arn := w.run(def).Tasks[0].TaskArn
	w.Advance(5 * time.Minute)
	task := must[*ecs.DescribeTasksOutput](w.T)(w.ecs.DescribeTasks(w.ctx, &ecs.DescribeTasksInput{Cluster: new("staging"), Tasks: []string{*arn}})).Tasks[0]
	if *task.LastStatus != "STOPPED" {
		w.Fatalf("the task is %s", *task.LastStatus)
	}
	return task
}

func withSecret(from string) func(*ecs.RegisterTaskDefinitionInput) {
	return func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].Secrets = []types.Secret{{Name: new("SECRET"), ValueFrom: &from}}
	}
}

func withLogs(group string) func(*ecs.RegisterTaskDefinitionInput) {
	return func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs,
			Options: map[string]string{"awslogs-group": group, "awslogs-stream-prefix": "p", "awslogs-region": "us-east-1"}}
	}
}

func TestTaskEndsWithItsExitCode(t *testing.T) {
	w := newWorld(t)
	w.AddLogGroup("/g")
	w.OnTask(func(TaskJob) TaskOutcome {
		return TaskOutcome{Exits: true, ExitCode: 3, After: time.Second, Log: []string{"one", "two"}}
	})
	task := w.ended(w.define("app", withLogs("/g")))
	if task.StopCode != types.TaskStopCodeEssentialContainerExited || *task.Containers[0].ExitCode != 3 ||
		*task.StoppedReason != "Essential container in task exited" || !task.StoppedAt.After(*task.StartedAt) {
		t.Errorf("%+v", task)
	}
	id := (*task.TaskArn)[strings.LastIndexByte(*task.TaskArn, '/')+1:]
	out := must[*cloudwatchlogs.GetLogEventsOutput](t)(w.logs.GetLogEvents(w.ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: new("/g"), LogStreamName: new("p/web/" + id), StartFromHead: new(true)}))
	if len(out.Events) != 2 || *out.Events[1].Message != "two" {
		t.Errorf("log: %+v", out.Events)
	}
	list := must[*ecs.ListTasksOutput](t)(w.ecs.ListTasks(w.ctx, &ecs.ListTasksInput{Cluster: new("staging"), DesiredStatus: types.DesiredStatusStopped}))
	if len(list.TaskArns) != 1 {
		t.Errorf("stopped tasks: %v", list.TaskArns)
	}
	w.Advance(time.Hour)
	gone := must[*ecs.DescribeTasksOutput](t)(w.ecs.DescribeTasks(w.ctx, &ecs.DescribeTasksInput{Cluster: new("staging"), Tasks: []string{*task.TaskArn}}))
	if len(gone.Tasks) != 0 || *gone.Failures[0].Reason != "MISSING" {
		t.Errorf("after an hour: %+v", gone)
	}
}

func TestTasksThatCannotStart(t *testing.T) {
	w := newWorld(t)
	w.AddRepository("app")
	for reason, c := range map[string]struct {
		change func(*ecs.RegisterTaskDefinitionInput)
		want   string
	}{
		"secret missing":    {withSecret("/no/such"), "ResourceInitializationError: unable to pull secrets"},
		"image missing":     {withImage(w.Registry() + "/app:none"), "CannotPullContainerError"},
		"log group missing": {withLogs("/none"), "ResourceInitializationError: failed to validate logger args"},
	} {
		t.Run(reason, func(t *testing.T) {
			task := w.ended(w.define("app", c.change))
			if task.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.HasPrefix(*task.StoppedReason, c.want) || task.Containers[0].ExitCode != nil {
				t.Errorf("%s: %s", task.StopCode, *task.StoppedReason)
			}
		})
	}
}

func TestContainerSeesItsEnvironment(t *testing.T) {
	w := newWorld(t)
	w.AddRepository("app")
	if err := w.PushImage("app", "git-1"); err != nil {
		t.Fatal(err)
	}
	must[*ssm.PutParameterOutput](t)(w.ssm.PutParameter(w.ctx, &ssm.PutParameterInput{Name: new("/qa/db"), Value: new("dsn"), Type: "SecureString"}))
	var job TaskJob
	w.OnTask(func(j TaskJob) TaskOutcome { job = j; return TaskOutcome{} })
	for reason, from := range map[string]string{"by name": "/qa/db", "by ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/qa/db"} {
		w.run(w.define("app", withSecret(from), withImage(w.Registry()+"/app:git-1"), func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Environment = []types.KeyValuePair{{Name: new("A"), Value: new("1")}, {Name: new("B"), Value: new("2")}}
		}), func(in *ecs.RunTaskInput) {
			in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: new("web"), Command: []string{"migrate"},
				Environment: []types.KeyValuePair{{Name: new("B"), Value: new("3")}}}}}
		})
		w.Advance(time.Minute)
		if job.Env["SECRET"] != "dsn" || job.Env["A"] != "1" || job.Env["B"] != "3" || job.Command[0] != "migrate" || job.Ports[0] != 8080 {
			t.Errorf("%s: %+v", reason, job)
		}
	}
	for _, task := range w.State().Tasks {
		if task.Status != "RUNNING" {
			t.Errorf("%+v", task)
		}
	}
}

func TestRunTaskToken(t *testing.T) {
	w := newWorld(t)
	def := w.define("app")
	token := func(in *ecs.RunTaskInput) { in.ClientToken = new("gen-1") }
	first, second := w.run(def, token), w.run(def, token)
	if *first.Tasks[0].TaskArn != *second.Tasks[0].TaskArn || len(w.State().Tasks) != 1 {
		t.Error("an equal repeat started another task")
	}
	_, err := w.ecs.RunTask(w.ctx, &ecs.RunTaskInput{Cluster: new("staging"), TaskDefinition: &def, NetworkConfiguration: awsvpc,
		ClientToken: new("gen-1"), Count: new(int32(2))})
	var conflict *types.ConflictException
	if !errors.As(err, &conflict) || len(conflict.ResourceIds) != 1 || conflict.ResourceIds[0] != *first.Tasks[0].TaskArn {
		t.Errorf("other parameters: %v", err)
	}
	_, err = w.ecs.RunTask(w.ctx, &ecs.RunTaskInput{Cluster: new("staging"), TaskDefinition: &def, NetworkConfiguration: awsvpc, Count: new(int32(11))})
	w.refused(err, "InvalidParameterException")
}

func TestRunTaskWithoutCapacity(t *testing.T) {
	w := newWorld(t)
	w.OnTask(func(TaskJob) TaskOutcome { return TaskOutcome{NoCapacity: true} })
	out := w.run(w.define("app"))
	if len(out.Tasks) != 0 || !strings.HasPrefix(*out.Failures[0].Reason, "Capacity is unavailable") {
		t.Errorf("%+v", out)
	}
}

func TestTaskDefinitionRevisions(t *testing.T) {
	w := newWorld(t)
	one, two := w.define("app"), w.define("app")
	if !strings.HasSuffix(one, "/app:1") || !strings.HasSuffix(two, "/app:2") {
		t.Errorf("%s, %s", one, two)
	}
	_, err := w.ecs.DeleteTaskDefinitions(w.ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: make([]string, 11)})
	w.refused(err, "InvalidParameterException")
	out := must[*ecs.DeleteTaskDefinitionsOutput](t)(w.ecs.DeleteTaskDefinitions(w.ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{one}}))
	if len(out.Failures) != 1 {
		t.Errorf("an active one was deleted: %+v", out)
	}
	for _, d := range []string{one, two} {
		must[*ecs.DeregisterTaskDefinitionOutput](t)(w.ecs.DeregisterTaskDefinition(w.ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &d}))
	}
	_, err = w.ecs.RunTask(w.ctx, &ecs.RunTaskInput{Cluster: new("staging"), TaskDefinition: &one, NetworkConfiguration: awsvpc})
	w.refused(err, "ClientException")
	list := func(status types.TaskDefinitionStatus) int {
		return len(must[*ecs.ListTaskDefinitionsOutput](t)(w.ecs.ListTaskDefinitions(w.ctx, &ecs.ListTaskDefinitionsInput{FamilyPrefix: new("app"), Status: status})).TaskDefinitionArns)
	}
	if list("") != 0 || list("INACTIVE") != 2 {
		t.Errorf("%d active, %d inactive", list(""), list("INACTIVE"))
	}
	must[*ecs.DeleteTaskDefinitionsOutput](t)(w.ecs.DeleteTaskDefinitions(w.ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{one, two}}))
	if list("DELETE_IN_PROGRESS") != 2 {
		t.Error("not in deletion")
	}
	w.Advance(deletionTime)
	_, err = w.ecs.DescribeTaskDefinition(w.ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &one})
	w.refused(err, "ClientException")
	if three := w.define("app"); !strings.HasSuffix(three, "/app:3") {
		t.Errorf("the number started again: %s", three)
	}
}

func TestTaskDefinitionListsAndTags(t *testing.T) {
	w := newWorld(t)
	for _, f := range []string{"a-1", "a-2", "b-1", "a-1"} {
		w.define(f, func(in *ecs.RegisterTaskDefinitionInput) { in.Tags = []types.Tag{{Key: new("f"), Value: &f}} })
	}
	families := must[*ecs.ListTaskDefinitionFamiliesOutput](t)(w.ecs.ListTaskDefinitionFamilies(w.ctx, &ecs.ListTaskDefinitionFamiliesInput{FamilyPrefix: new("a-")}))
	if len(families.Families) != 2 {
		t.Errorf("%v", families.Families)
	}
	n := 0
	for p := ecs.NewListTaskDefinitionsPaginator(w.ecs, &ecs.ListTaskDefinitionsInput{MaxResults: new(int32(3))}); p.HasMorePages(); {
		n += len(must[*ecs.ListTaskDefinitionsOutput](t)(p.NextPage(w.ctx)).TaskDefinitionArns)
	}
	if n != 4 {
		t.Errorf("%d listed", n)
	}
	newest := must[*ecs.DescribeTaskDefinitionOutput](t)(w.ecs.DescribeTaskDefinition(w.ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: new("a-1"), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}}))
	if newest.TaskDefinition.Revision != 2 || *newest.Tags[0].Value != "a-1" || !*newest.TaskDefinition.ContainerDefinitions[0].Essential {
		t.Errorf("%+v", newest)
	}
}

func TestFargateWantsSizes(t *testing.T) {
	w := newWorld(t)
	for reason, change := range map[string]func(*ecs.RegisterTaskDefinitionInput){
		"no memory":      func(in *ecs.RegisterTaskDefinitionInput) { in.Memory = nil },
		"bridge network": func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeBridge },
		"no containers":  func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions = []types.ContainerDefinition{} },
		"secret and variable of one name": func(in *ecs.RegisterTaskDefinitionInput) {
			withSecret("/x")(in)
			in.ContainerDefinitions[0].Environment = []types.KeyValuePair{{Name: new("SECRET"), Value: new("")}}
		},
	} {
		in := &ecs.RegisterTaskDefinitionInput{Family: new("f"), NetworkMode: types.NetworkModeAwsvpc, Cpu: new("256"), Memory: new("512"),
			RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
			ContainerDefinitions:    []types.ContainerDefinition{{Name: new("c"), Image: new("i")}}}
		change(in)
		_, err := w.ecs.RegisterTaskDefinition(w.ctx, in)
		t.Run(reason, func(t *testing.T) { w.refused(err, "ClientException") })
	}
}
