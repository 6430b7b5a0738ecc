package compute

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"qabot/store"
)

// Examine looks whether everything of an app is there that environments are made from and put into, and whether they reach the
// servers, and changes nothing. What it says is for who set qabot up.
func Examine(ctx context.Context, app App, clients *Clients, servers ...Server) []store.Finding {
	d := examiner{app: app, clients: clients}
	findings := []store.Finding{
		d.cluster(ctx), d.services(ctx), d.balancers(ctx), d.repository(ctx),
	}
	if app.Pipeline+app.PipelineTemplate != "" {
		findings = append(findings, d.pipeline(ctx))
	} else {
		findings = append(findings, d.project(ctx, "image project", app.ImageProject, false))
	}
	if app.MigrateRole == "" {
		findings = append(findings, d.project(ctx, "migration project", app.MigrateProject, true))
	}
	return append(findings, d.networks(ctx, servers))
}

// ExamineAccount tells whose credentials are used.
func ExamineAccount(ctx context.Context, clients *Clients) (finding store.Finding, account, principal string) {
	out, err := clients.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return trouble("credentials", err, "credentials in the environment, a profile, or the role of the task; aws.region"), "", ""
	}
	return good("credentials", "%s", deref(out.Arn)), deref(out.Account), deref(out.Arn)
}

// examiner looks at one app.
type examiner struct {
	app     App
	clients *Clients
}

func good(what, format string, args ...any) store.Finding {
	return store.Finding{Verdict: store.Good, What: what, Said: fmt.Sprintf(format, args...)}
}

func bad(what, said, fix string) store.Finding {
	return store.Finding{Verdict: store.Bad, What: what, Said: said, Fix: fix}
}

// trouble tells that something could not be looked at. A missing permission of the doctor's own is no fault of the thing.
func trouble(what string, err error, fix string) store.Finding {
	if coded(err, denials...) {
		return store.Finding{Verdict: store.Skipped, What: what, Said: "not allowed to look: " + err.Error()}
	}
	return bad(what, err.Error(), fix)
}

func (d examiner) cluster(ctx context.Context) store.Finding {
	what := "cluster " + d.app.Cluster
	out, err := d.clients.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: []string{d.app.Cluster}})
	switch {
	case err != nil:
		return trouble(what, err, "")
	case len(out.Clusters) == 0 || deref(out.Clusters[0].Status) != active:
		return bad(what, "it is not there", "cluster: the name of the staging services' cluster")
	}
	return good(what, "%d service(s) run there", out.Clusters[0].ActiveServicesCount)
}

// services looks at what environments are derived from.
func (d examiner) services(ctx context.Context) store.Finding {
	var names []string
	for _, r := range d.app.Roles {
		names = append(names, r.Service)
	}
	s := &service{app: d.app, clients: d.clients}
	found, err := s.describe(ctx, names)
	if err != nil {
		return trouble("staging services", err, "")
	}
	var below []store.Finding
	for _, r := range d.app.Roles {
		below = append(below, d.service(ctx, r, found[r.Service]))
	}
	if d.app.Redis != "" && len(d.app.Roles) > 0 {
		below = append(below, d.redis(found[d.app.Roles[0].Service]))
	}
	return store.Found("staging services", below...)
}

func (d examiner) service(ctx context.Context, r Role, found ecstypes.Service) store.Finding {
	what := r.Name + " from " + r.Service
	if deref(found.Status) != active {
		return bad(what, "there is no such service in cluster "+d.app.Cluster, "roles: the name of the staging service")
	}
	out, err := d.clients.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: found.TaskDefinition})
	if err != nil {
		return trouble(what, err, "")
	}
	definition := *out.TaskDefinition
	container, ok := containerOf(definition, r)
	network := found.NetworkConfiguration != nil && found.NetworkConfiguration.AwsvpcConfiguration != nil
	switch {
	case !ok && r.Container != "":
		return bad(what, "its task definition has no container "+r.Container, "roles: container")
	case !ok:
		return bad(what, fmt.Sprintf("no container of its task definition has port %d", r.Port), "roles: port, or container")
	case r.Port > 0 && !network:
		return bad(what, "its tasks have no addresses of their own, so the load balancer cannot tell environments apart", `network_mode = "awsvpc" in staging's task definition`)
	case deref(definition.ExecutionRoleArn) == "":
		return bad(what, "its task definition has no execution role, so tasks cannot be given secrets", "execution_role_arn in staging's task definition")
	}
	below := []store.Finding{good("container", "%s, %s", container, capacity(found.LaunchType, found.CapacityProviderStrategy))}
	return store.Found(what, append(below, d.logs(ctx, definition, container))...)
}

// containerOf names the container that gets the image.
func containerOf(definition ecstypes.TaskDefinition, r Role) (name string, ok bool) {
	for _, c := range definition.ContainerDefinitions {
		if r.Container != "" {
			if deref(c.Name) == r.Container {
				return r.Container, true
			}
			continue
		}
		if r.Port == 0 && deref(c.Essential) {
			return deref(c.Name), true
		}
		for _, p := range c.PortMappings {
			if r.Port > 0 && int(deref(p.ContainerPort)) == r.Port {
				return deref(c.Name), true
			}
		}
	}
	return "", false
}

// logs looks whether a failure will have lines to show.
func (d examiner) logs(ctx context.Context, definition ecstypes.TaskDefinition, container string) store.Finding {
	for _, c := range definition.ContainerDefinitions {
		if deref(c.Name) != container || c.LogConfiguration == nil || c.LogConfiguration.LogDriver != ecstypes.LogDriverAwslogs {
			continue
		}
		group := c.LogConfiguration.Options["awslogs-group"]
		out, err := d.clients.Logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
		if err != nil {
			return trouble("logs", err, "")
		}
		for _, g := range out.LogGroups {
			if deref(g.LogGroupName) == group {
				return good("logs", "%s", group)
			}
		}
		return bad("logs", "there is no log group "+group, `resource "aws_cloudwatch_log_group" with the name `+group)
	}
	return store.Finding{Verdict: store.Skipped, What: "logs", Said: "not in CloudWatch: failures are told without the log's last lines"}
}

func (d examiner) repository(ctx context.Context) store.Finding {
	what := "image repository " + d.app.Repository
	r := &registry{clients: d.clients, repository: d.app.Repository}
	uri, err := r.address(ctx)
	if err != nil {
		return trouble(what, err, "image.repository: an ECR repository")
	}
	return good(what, "%s", uri)
}

// project looks at a CodeBuild project. One for migrations has to be where the database is.
func (d examiner) project(ctx context.Context, what, name string, inside bool) store.Finding {
	what += " " + name
	out, err := d.clients.CodeBuild.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: []string{name}})
	if err != nil {
		return trouble(what, err, "")
	}
	if len(out.Projects) == 0 {
		return bad(what, "it is not there", "manifests/terraform makes it, from manifests/codebuild")
	}
	p := out.Projects[0]
	switch {
	case p.Environment != nil && p.Environment.Type == cbtypes.EnvironmentTypeLinuxLambdaContainer:
		return bad(what, "it runs on Lambda, where there is no Docker", `environment { type = "LINUX_CONTAINER" }`)
	case p.Environment != nil && !deref(p.Environment.PrivilegedMode):
		return bad(what, "it may not run Docker", "environment { privileged_mode = true }")
	case inside && (p.VpcConfig == nil || deref(p.VpcConfig.VpcId) == ""):
		return bad(what, "it is in no VPC, so it does not reach the database", "vpc_config { ... } with private subnets that have a NAT gateway")
	case inside:
		return good(what, "in %s", deref(p.VpcConfig.VpcId))
	}
	return good(what, "there")
}

// Roles gives the roles that staging's task definitions name: what tasks may do, and what starts them.
func Roles(ctx context.Context, app App, clients *Clients) (tasks, execution []string, err error) {
	var names []string
	for _, r := range app.Roles {
		names = append(names, r.Service)
	}
	found, err := (&service{app: app, clients: clients}).describe(ctx, names)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range sorted(found) {
		out, err := clients.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: s.TaskDefinition})
		if err != nil {
			return nil, nil, fmt.Errorf("describe task definition of %s: %w", deref(s.ServiceName), err)
		}
		if arn := deref(out.TaskDefinition.TaskRoleArn); arn != "" {
			tasks = append(tasks, arn)
		}
		if arn := deref(out.TaskDefinition.ExecutionRoleArn); arn != "" {
			execution = append(execution, arn)
		}
	}
	return unique(tasks), unique(execution), nil
}
