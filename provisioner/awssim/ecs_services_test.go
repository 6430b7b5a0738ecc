package awssim

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

func TestCreateServiceIsIdempotentOnlyWhenEqual(t *testing.T) {
	w := newWorld(t)
	def := w.define("app")
	create := func(desired int32) error {
		_, err := w.ecs.CreateService(w.ctx, serviceInput("app", def, desired, ""))
		return err
	}
	for range 2 {
		if err := create(1); err != nil {
			t.Fatal(err)
		}
	}
	err := create(2)
	var invalid *types.InvalidParameterException
	if !errors.As(err, &invalid) || invalid.ErrorMessage() != "Creation of service was not idempotent." {
		t.Errorf("other settings: got %v", err)
	}
	if n := len(w.State().Tasks); n != 1 {
		t.Errorf("%d tasks after an equal repeat", n)
	}
	w.update("app", func(in *ecs.UpdateServiceInput) { in.DesiredCount = new(int32(2)) })
	if err := create(2); err != nil {
		t.Errorf("equal to what the service became: %v", err)
	}
	in := serviceInput("token", def, 1, "")
	in.ClientToken = new("t1")
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, in))
	in.DesiredCount = new(int32(5))
	out := must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, in))
	if out.Service.DesiredCount != 1 {
		t.Errorf("a repeated token gave desired %d", out.Service.DesiredCount)
	}
}

func TestServiceLifeCycle(t *testing.T) {
	w := newWorld(t)
	w.serve("app", 1)
	name, cluster := new("app"), new("staging")
	_, err := w.ecs.DeleteService(w.ctx, &ecs.DeleteServiceInput{Cluster: cluster, Service: name})
	w.refused(err, "InvalidParameterException")
	must[*ecs.DeleteServiceOutput](t)(w.ecs.DeleteService(w.ctx, &ecs.DeleteServiceInput{Cluster: cluster, Service: name, Force: new(true)}))
	if s := w.service("app"); *s.Status != "DRAINING" || s.RunningCount+s.PendingCount > 1 {
		t.Errorf("just deleted: %s", *s.Status)
	}
	_, err = w.ecs.CreateService(w.ctx, serviceInput("app", "app", 1, ""))
	w.refused(err, "InvalidParameterException")
	_, err = w.ecs.UpdateService(w.ctx, &ecs.UpdateServiceInput{Cluster: cluster, Service: name, DesiredCount: new(int32(1))})
	var inactive *types.ServiceNotActiveException
	if !errors.As(err, &inactive) {
		t.Errorf("update while draining: %v", err)
	}
	if list := must[*ecs.ListServicesOutput](t)(w.ecs.ListServices(w.ctx, &ecs.ListServicesInput{Cluster: cluster})); len(list.ServiceArns) != 0 {
		t.Errorf("a draining service is listed: %v", list.ServiceArns)
	}
	w.until("INACTIVE", time.Minute, func() bool { return w.look("app").status() == "INACTIVE" })
	if n := len(w.State().Tasks); n != 0 {
		t.Errorf("%d tasks are left", n)
	}
	_, err = w.ecs.DeleteService(w.ctx, &ecs.DeleteServiceInput{Cluster: cluster, Service: name})
	w.refused(err, "ServiceNotActiveException")
	must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, serviceInput("app", "app", 0, "")))
	if s := w.service("app"); *s.Status != "ACTIVE" {
		t.Errorf("created again: %s", *s.Status)
	}
	_, err = w.ecs.UpdateService(w.ctx, &ecs.UpdateServiceInput{Cluster: cluster, Service: new("nope")})
	var missing *types.ServiceNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("unknown service: %v", err)
	}
}

func TestInactiveServiceIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.serve("app", 1)
	must[*ecs.DeleteServiceOutput](t)(w.ecs.DeleteService(w.ctx, &ecs.DeleteServiceInput{Cluster: new("staging"), Service: new("app"), Force: new(true)}))
	w.Advance(30 * time.Minute)
	if s := w.service("app"); *s.Status != "INACTIVE" {
		t.Errorf("after half an hour: %s", *s.Status)
	}
	w.Advance(time.Hour)
	out := must[*ecs.DescribeServicesOutput](t)(w.ecs.DescribeServices(w.ctx, &ecs.DescribeServicesInput{Cluster: new("staging"), Services: []string{"app"}}))
	if len(out.Services) != 0 || *out.Failures[0].Reason != "MISSING" {
		t.Errorf("%+v", out)
	}
}

func TestDescribeServicesLimits(t *testing.T) {
	w := newWorld(t)
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("s%02d", i))
		must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, serviceInput(names[i], w.define("app"), 0, "")))
	}
	_, err := w.ecs.DescribeServices(w.ctx, &ecs.DescribeServicesInput{Cluster: new("staging"), Services: names[:11]})
	w.refused(err, "InvalidParameterException")
	listed := 0
	for p := ecs.NewListServicesPaginator(w.ecs, &ecs.ListServicesInput{Cluster: new("staging")}); p.HasMorePages(); {
		listed += len(must[*ecs.ListServicesOutput](t)(p.NextPage(w.ctx)).ServiceArns)
	}
	if listed != 12 {
		t.Errorf("%d services listed", listed)
	}
	_, err = w.ecs.ListServices(w.ctx, &ecs.ListServicesInput{Cluster: new("nope")})
	var missing *types.ClusterNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("unknown cluster: %v", err)
	}
	clusters := must[*ecs.DescribeClustersOutput](t)(w.ecs.DescribeClusters(w.ctx, &ecs.DescribeClustersInput{Clusters: []string{"staging", "nope"}}))
	if clusters.Clusters[0].ActiveServicesCount != 12 || *clusters.Failures[0].Reason != "MISSING" {
		t.Errorf("%+v", clusters)
	}
}

func TestCreateServiceChecksWhatItRefersTo(t *testing.T) {
	w := newWorld(t)
	def, loose, used := w.define("app"), w.group("loose"), w.group("used")
	w.listen(80, used)
	in := w.groupInput("instances")
	in.TargetType = "instance"
	instances := *must[*elb.CreateTargetGroupOutput](t)(w.elb.CreateTargetGroup(w.ctx, in)).TargetGroups[0].TargetGroupArn
	w.listen(81, instances)
	for reason, c := range map[string]struct {
		change func(*ecs.CreateServiceInput)
		code   string
	}{
		"target group without a balancer": {func(in *ecs.CreateServiceInput) { in.LoadBalancers[0].TargetGroupArn = &loose }, "InvalidParameterException"},
		"target group that is not there":  {func(in *ecs.CreateServiceInput) { in.LoadBalancers[0].TargetGroupArn = new(loose + "x") }, "InvalidParameterException"},
		"target group of instances":       {func(in *ecs.CreateServiceInput) { in.LoadBalancers[0].TargetGroupArn = &instances }, "InvalidParameterException"},
		"container that is not there":     {func(in *ecs.CreateServiceInput) { in.LoadBalancers[0].ContainerName = new("x") }, "InvalidParameterException"},
		"port that is not mapped":         {func(in *ecs.CreateServiceInput) { in.LoadBalancers[0].ContainerPort = new(int32(1)) }, "InvalidParameterException"},
		"no network":                      {func(in *ecs.CreateServiceInput) { in.NetworkConfiguration = nil }, "InvalidParameterException"},
		"task definition not there":       {func(in *ecs.CreateServiceInput) { in.TaskDefinition = new("nope") }, "ClientException"},
		"cluster not there":               {func(in *ecs.CreateServiceInput) { in.Cluster = new("nope") }, "ClusterNotFoundException"},
	} {
		in := serviceInput("app", def, 1, used)
		c.change(in)
		_, err := w.ecs.CreateService(w.ctx, in)
		t.Run(reason, func(t *testing.T) { w.refused(err, c.code) })
	}
}

func TestTagsOfServices(t *testing.T) {
	w := newWorld(t)
	in := serviceInput("app", w.define("app"), 1, "")
	in.Tags, in.PropagateTags = []types.Tag{{Key: new("a"), Value: new("1")}}, types.PropagateTagsService
	arn := must[*ecs.CreateServiceOutput](t)(w.ecs.CreateService(w.ctx, in)).Service.ServiceArn
	must[*ecs.TagResourceOutput](t)(w.ecs.TagResource(w.ctx, &ecs.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: new("b"), Value: new("2")}}}))
	if tags := w.service("app").Tags; len(tags) != 2 || *tags[1].Value != "2" {
		t.Errorf("%+v", tags)
	}
	list := must[*ecs.ListTagsForResourceOutput](t)(w.ecs.ListTagsForResource(w.ctx, &ecs.ListTagsForResourceInput{ResourceArn: arn}))
	if len(list.Tags) != 2 {
		t.Errorf("%+v", list.Tags)
	}
	if task := w.State().Tasks[0]; task.Tags["a"] != "1" {
		t.Errorf("the task did not inherit: %+v", task)
	}
	_, err := w.ecs.TagResource(w.ctx, &ecs.TagResourceInput{ResourceArn: new(*arn + "x"), Tags: in.Tags})
	w.refused(err, "InvalidParameterException")
}
