package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"qabot/store"
)

// A Discovery is what a staging service tells about the role that would be derived from it.
type Discovery struct {
	Service        string
	Container      string
	Port           int    // container port behind staging's load balancer; 0: none
	Health         string // path that staging's load balancer asks for
	Repository     string // ECR repository of the container's image; empty: the image is from elsewhere
	Capacity       string
	Subnets        []string
	SecurityGroups []string
}

// Discover reads staging services, in the order of their names given, and changes nothing. A service that is not there is
// a Problem.
func Discover(ctx context.Context, clients *Clients, cluster string, services []string) ([]Discovery, error) {
	s := &service{app: App{Cluster: cluster}, clients: clients}
	found, err := s.describe(ctx, services)
	if err != nil {
		return nil, fault(err)
	}
	var all []Discovery
	for _, name := range services {
		one := found[name]
		if deref(one.Status) != active {
			return nil, store.NewProblem(nil, store.StagingMissing, name, cluster)
		}
		d, err := discover(ctx, clients, one)
		if err != nil {
			return nil, fault(fmt.Errorf("look at service %s: %w", name, err))
		}
		all = append(all, d)
	}
	return all, nil
}

func discover(ctx context.Context, clients *Clients, from ecstypes.Service) (Discovery, error) {
	out, err := clients.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: from.TaskDefinition})
	if err != nil {
		return Discovery{}, err
	}
	d := Discovery{Service: deref(from.ServiceName), Capacity: capacity(from.LaunchType, from.CapacityProviderStrategy)}
	if n := from.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		d.Subnets, d.SecurityGroups = slices.Clone(n.AwsvpcConfiguration.Subnets), slices.Clone(n.AwsvpcConfiguration.SecurityGroups)
	}
	if len(from.LoadBalancers) > 0 {
		b := from.LoadBalancers[0]
		d.Container, d.Port = deref(b.ContainerName), int(deref(b.ContainerPort))
		if d.Health, err = healthOf(ctx, clients, deref(b.TargetGroupArn)); err != nil {
			return Discovery{}, err
		}
	}
	for _, c := range out.TaskDefinition.ContainerDefinitions {
		if d.Container == "" && deref(c.Essential) {
			d.Container = deref(c.Name)
			if len(from.LoadBalancers) == 0 && len(c.PortMappings) > 0 {
				d.Port = int(deref(c.PortMappings[0].ContainerPort))
			}
		}
		if deref(c.Name) == d.Container {
			d.Repository = repositoryIn(deref(c.Image))
		}
	}
	return d, nil
}

// healthOf gives the path that a target group asks for; empty without a target group.
func healthOf(ctx context.Context, clients *Clients, arn string) (string, error) {
	if arn == "" {
		return "", nil
	}
	out, err := clients.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
	if err != nil || len(out.TargetGroups) == 0 {
		return "", err
	}
	return deref(out.TargetGroups[0].HealthCheckPath), nil
}

// repositoryIn gives the repository of an image in ECR, without registry, tag and digest.
func repositoryIn(image string) string {
	host, name, ok := strings.Cut(image, "/")
	if !ok || !strings.Contains(host, ".dkr.ecr.") {
		return ""
	}
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name = name[:i]
	}
	return name
}
