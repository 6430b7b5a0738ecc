package world

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qabot/provisioner/awssim"
)

// lifelike are a small team's times at speed 1: build 90 s, migration 20 s, task start 40 s. That a healthy task is seen
// to be healthy takes 5 s more, which is the health check's own interval.
func lifelike() awssim.Durations {
	d := awssim.DefaultDurations()
	d.BuildQueued, d.BuildProvisioning, d.BuildStep, d.BuildWork = 2*time.Second, 8*time.Second, time.Second, 74*time.Second
	d.TaskProvisioning, d.TaskPending = 10*time.Second, 30*time.Second
	return d
}

// migrationWork is the least time of a migration's own work at speed 1.
const migrationWork = 4 * time.Second

// furnish puts into the Region what a team has before it meets qabot: a cluster with the staging services, a load balancer
// for QA, an image repository, two build projects, and staging's own secret.
func (w *World) furnish(ctx context.Context) error {
	r := w.AWS
	r.AddCluster("staging")
	r.AddLoadBalancer("qa", "localhost")
	uri := r.AddRepository(repository)
	r.AddLogGroup(logGroup)
	for _, p := range []struct {
		name string
		work time.Duration
		vpc  string
	}{{imageProject, 0, ""}, {migrationProject, migrationWork, awssim.VPC}} {
		r.AddProject(p.name, awssim.ProjectOptions{BuildTime: p.work, Source: w.Remote, VPC: p.vpc,
			Subnets: []string{awssim.PrivateSubnet, awssim.SecondSubnet}, SecurityGroups: []string{awssim.BuildGroup}})
	}
	r.AddPipeline(templatePipeline(), nil)
	config := aws.Config{Region: region, BaseEndpoint: aws.String(w.AWSURL), Credentials: credentials.NewStaticCredentialsProvider("sandbox", "sandbox", "")}
	if _, err := ssm.NewFromConfig(config).PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String("/shop/staging/SECRET_KEY_BASE"), Type: ssmtypes.ParameterTypeSecureString, Value: aws.String("staging-secret"),
	}); err != nil {
		return fmt.Errorf("put staging's secret: %w", err)
	}
	client := ecs.NewFromConfig(config)
	for _, role := range []string{"app", "admin", "worker"} {
		if err := stagingService(ctx, client, uri, role); err != nil {
			return err
		}
	}
	return nil
}

// templatePipeline is what a team that builds by CodePipeline has: it is started by pushes to main, and deploys them.
func templatePipeline() cptypes.PipelineDeclaration {
	stage := func(name string, category cptypes.ActionCategory, provider string, configuration map[string]string) cptypes.StageDeclaration {
		return cptypes.StageDeclaration{Name: &name, Actions: []cptypes.ActionDeclaration{{Name: &name, Configuration: configuration,
			ActionTypeId: &cptypes.ActionTypeId{Category: category, Owner: cptypes.ActionOwnerAws, Provider: &provider, Version: aws.String("1")}}}}
	}
	return cptypes.PipelineDeclaration{
		Name: aws.String("shop-template"), RoleArn: aws.String("arn:aws:iam::123456789012:role/shop-pipeline"),
		ArtifactStore: &cptypes.ArtifactStore{Type: cptypes.ArtifactStoreTypeS3, Location: aws.String("shop-artifacts")},
		Stages: []cptypes.StageDeclaration{
			stage("Source", cptypes.ActionCategorySource, "CodeStarSourceConnection", map[string]string{"FullRepositoryId": "acme/shop", "BranchName": "main"}),
			stage("Build", cptypes.ActionCategoryBuild, "CodeBuild", map[string]string{"ProjectName": imageProject}),
			stage("Deploy", cptypes.ActionCategoryDeploy, "ECS", map[string]string{"ClusterName": "staging", "ServiceName": "shop-app"}),
		},
	}
}

const logGroup = "/ecs/shop"

// stagingService registers one role's task definition and service. It runs no task: what staging serves is not shown here.
func stagingService(ctx context.Context, client *ecs.Client, image, role string) error {
	container := ecstypes.ContainerDefinition{
		Name: aws.String(role), Image: aws.String(image + ":staging"), Essential: aws.Bool(true), Command: []string{"shop", role},
		Environment: []ecstypes.KeyValuePair{
			{Name: aws.String("BRANCH"), Value: aws.String("main")},
			{Name: aws.String("DB_NAME"), Value: aws.String("shop_staging")},
			{Name: aws.String("RAILS_MAX_THREADS"), Value: aws.String("10")},
		},
		Secrets: []ecstypes.Secret{{Name: aws.String("SECRET_KEY_BASE"), ValueFrom: aws.String("/shop/staging/SECRET_KEY_BASE")}},
		LogConfiguration: &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: map[string]string{
			"awslogs-group": logGroup, "awslogs-region": region, "awslogs-stream-prefix": "shop",
		}},
		StopTimeout: aws.Int32(5),
	}
	if role != "worker" {
		container.PortMappings = []ecstypes.PortMapping{{ContainerPort: aws.Int32(3000), Protocol: ecstypes.TransportProtocolTcp}}
	}
	family := "shop-" + role
	if _, err := client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String(family), NetworkMode: ecstypes.NetworkModeAwsvpc, RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		Cpu: aws.String("256"), Memory: aws.String("512"),
		ExecutionRoleArn:     aws.String("arn:aws:iam::123456789012:role/shop-execution"),
		TaskRoleArn:          aws.String("arn:aws:iam::123456789012:role/shop-task"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{container},
	}); err != nil {
		return fmt.Errorf("register staging's %s: %w", role, err)
	}
	if _, err := client.CreateService(ctx, &ecs.CreateServiceInput{
		Cluster: aws.String("staging"), ServiceName: aws.String(family), TaskDefinition: aws.String(family), DesiredCount: aws.Int32(0),
		LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{awssim.PrivateSubnet, awssim.SecondSubnet}, SecurityGroups: []string{awssim.TaskGroup},
		}},
	}); err != nil {
		return fmt.Errorf("create staging's %s: %w", role, err)
	}
	return nil
}
