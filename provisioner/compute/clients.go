package compute

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	tagapi "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"qabot/provisioner/compute/ec2"
)

// Clients are the AWS services that environments need. They are shared by all resources, so that each service's
// throttling slows down all of them together.
type Clients struct {
	ECS          *ecs.Client
	ELB          *elb.Client
	ECR          *ecr.Client
	CodeBuild    *codebuild.Client
	CodePipeline *codepipeline.Client
	SSM          *ssm.Client
	Logs         *cloudwatchlogs.Client
	Metrics      *cloudwatch.Client
	STS          *sts.Client
	IAM          *iam.Client // for questions only
	EC2          *ec2.Client // likewise
	S3           *s3.Client

	memory memory
	poller poller
	asks   asks
	Tags   *tagapi.Client
}

// NewClients makes them from a configuration by Config.
func NewClients(cfg aws.Config) *Clients {
	return &Clients{
		ECS: ecs.NewFromConfig(cfg), ELB: elb.NewFromConfig(cfg), ECR: ecr.NewFromConfig(cfg),
		CodeBuild: codebuild.NewFromConfig(cfg), CodePipeline: codepipeline.NewFromConfig(cfg), SSM: ssm.NewFromConfig(cfg), Logs: cloudwatchlogs.NewFromConfig(cfg), Metrics: cloudwatch.NewFromConfig(cfg),
		S3: s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.UsePathStyle = o.BaseEndpoint != nil // another endpoint may have no name for each bucket
		}),
		STS: sts.NewFromConfig(cfg), IAM: iam.NewFromConfig(cfg), EC2: ec2.NewFromConfig(cfg), Tags: tagapi.NewFromConfig(cfg),
	}
}

// Ping proves that AWS answers and takes our credentials.
func (c *Clients) Ping(ctx context.Context) error {
	if _, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err != nil {
		return fmt.Errorf("get caller identity: %w", err)
	}
	return nil
}

// abreast bounds the calls side by side where an API has no batch form.
const abreast = 8

// each calls do for every number below n, some side by side, and gives the first error.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(abreast)
	for i := range n {
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}
