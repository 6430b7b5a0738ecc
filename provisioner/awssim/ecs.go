package awssim

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type cluster struct {
	name, arn string
	services  map[string]*service // by name, the newest of that name
}

func (r *Region) ecsRoutes(ops operations) {
	on(ops, ecsAPI, r.describeClusters)
	on(ops, ecsAPI, r.registerTaskDefinition)
	on(ops, ecsAPI, r.describeTaskDefinition)
	on(ops, ecsAPI, r.deregisterTaskDefinition)
	on(ops, ecsAPI, r.deleteTaskDefinitions)
	on(ops, ecsAPI, r.listTaskDefinitions)
	on(ops, ecsAPI, r.listTaskDefinitionFamilies)
	on(ops, ecsAPI, r.createService)
	on(ops, ecsAPI, r.updateService)
	on(ops, ecsAPI, r.deleteService)
	on(ops, ecsAPI, r.describeServices)
	on(ops, ecsAPI, r.listServices)
	on(ops, ecsAPI, r.runTask)
	on(ops, ecsAPI, r.stopTaskCall)
	on(ops, ecsAPI, r.listTasks)
	on(ops, ecsAPI, r.describeTasks)
	on(ops, ecsAPI, r.tagECSResource)
	on(ops, ecsAPI, r.listTagsForECSResource)
}

// AddCluster adds an empty cluster and returns its ARN.
func (r *Region) AddCluster(name string) (arn string) {
	r.locked(func() {
		arn = r.arn("ecs", "cluster/"+name)
		if r.clusters[name] == nil {
			r.clusters[name] = &cluster{name: name, arn: arn, services: map[string]*service{}}
		}
	})
	return arn
}

// cluster finds one by name or ARN; none given means "default".
func (r *Region) cluster(nameOrARN *string) (*cluster, error) {
	name := deref(nameOrARN)
	if name == "" {
		name = "default"
	}
	c := r.clusters[strings.TrimPrefix(name, r.arn("ecs", "cluster/"))]
	if c == nil {
		return nil, fail("ClusterNotFoundException", "Cluster not found.")
	}
	return c, nil
}

func (r *Region) describeClusters(in *ecs.DescribeClustersInput) (*ecs.DescribeClustersOutput, error) {
	out := &ecs.DescribeClustersOutput{Clusters: []types.Cluster{}, Failures: []types.Failure{}}
	names := in.Clusters
	if len(names) == 0 {
		names = []string{"default"}
	}
	for _, name := range names {
		c, err := r.cluster(&name)
		if err != nil {
			out.Failures = append(out.Failures, types.Failure{Arn: new(r.arn("ecs", "cluster/"+name)), Reason: new("MISSING")})
			continue
		}
		d := types.Cluster{ClusterArn: &c.arn, ClusterName: &c.name, Status: new("ACTIVE")}
		for _, s := range c.services {
			if s.status == "ACTIVE" {
				d.ActiveServicesCount++
			}
		}
		for _, t := range r.tasks {
			switch {
			case t.cluster != c:
			case t.last == "RUNNING":
				d.RunningTasksCount++
			case t.starting():
				d.PendingTasksCount++
			}
		}
		out.Clusters = append(out.Clusters, d)
	}
	return out, nil
}

func ecsTagMap(tags []types.Tag) map[string]string {
	return tagMap(tags, func(t types.Tag) (k, v *string) { return t.Key, t.Value })
}

func (r *Region) ecsTags(arn string) []types.Tag {
	return tagsAs(r.tags.live[arn], func(k, v string) types.Tag { return types.Tag{Key: &k, Value: &v} })
}

// ecsExists checks the ARN of a cluster, service, task or task definition.
func (r *Region) ecsExists(arn string) error {
	rest, ok := strings.CutPrefix(arn, r.arn("ecs", ""))
	if !ok {
		return fail("InvalidParameterException", "Invalid resource ARN: %s", arn)
	}
	kind, name, _ := strings.Cut(rest, "/")
	found := false
	switch kind {
	case "cluster":
		found = r.clusters[name] != nil
	case "task":
		found = r.tasks[arn] != nil
	case "task-definition":
		_, err := r.taskDefinition(arn)
		found = err == nil
	case "service":
		clusterName, serviceName, _ := strings.Cut(name, "/")
		if c := r.clusters[clusterName]; c != nil {
			found = c.services[serviceName] != nil
		}
	}
	if !found {
		return fail("InvalidParameterException", "The specified resource was not found: %s", arn)
	}
	return nil
}

func (r *Region) tagECSResource(in *ecs.TagResourceInput) (*ecs.TagResourceOutput, error) {
	if err := r.ecsExists(deref(in.ResourceArn)); err != nil {
		return nil, err
	}
	if len(in.Tags) > 50 {
		return nil, fail("InvalidParameterException", "Too many tags")
	}
	r.tag(*in.ResourceArn, ecsTagMap(in.Tags))
	return &ecs.TagResourceOutput{}, nil
}

func (r *Region) listTagsForECSResource(in *ecs.ListTagsForResourceInput) (*ecs.ListTagsForResourceOutput, error) {
	if err := r.ecsExists(deref(in.ResourceArn)); err != nil {
		return nil, err
	}
	return &ecs.ListTagsForResourceOutput{Tags: r.ecsTags(*in.ResourceArn)}, nil
}

// ecsPage cuts a page the way of ECS: at most 100.
func ecsPage(all []string, token *string, size *int32, otherwise int) ([]string, *string, error) {
	if size != nil && (*size < 1 || *size > 100) {
		return nil, nil, fail("InvalidParameterException", "maxResults must be between 1 and 100")
	}
	items, next, ok := page(all, token, pageSize(size, otherwise))
	if !ok {
		return nil, nil, fail("InvalidParameterException", "Invalid token")
	}
	if items == nil {
		items = []string{}
	}
	return items, next, nil
}
