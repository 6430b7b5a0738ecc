package awssim

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"qabot/provisioner/compute/ec2"
)

// What the conformance suite is pointed at. Without -endpoint it is the simulated region; "aws" is AWS itself, with the usual
// credentials. Elsewhere a cluster and the rest must exist; what is not named is skipped, and said so.
var (
	endpointFlag   = flag.String("endpoint", "", `of the conformance suite: a URL, or "aws"`)
	clusterFlag    = flag.String("cluster", "", "with -endpoint: an ECS cluster where a service of no tasks may be made")
	balancerFlag   = flag.String("balancer", "", "with -endpoint: an Application Load Balancer with port 28999 free")
	repositoryFlag = flag.String("repository", "", "with -endpoint: an ECR repository")
)

// conformance is the suite's own view of a region.
type conformance struct {
	*testing.T
	ctx        context.Context
	cfg        aws.Config
	mark       string // of everything that one run makes
	cluster    string
	balancer   string
	repository string
}

const conformancePort = 28999

// TestConformance tries what the provisioner relies on: the same calls against the simulated region and, by a flag, against AWS
// or anything that speaks its protocols.
func TestConformance(t *testing.T) {
	c := &conformance{T: t, ctx: t.Context(), mark: "conf-" + strconv.FormatInt(time.Now().UnixNano()%1e9, 36)}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}
	t.Cleanup(client.CloseIdleConnections)
	if *endpointFlag == "" {
		r := NewRegion(Options{})
		server := httptest.NewServer(r)
		t.Cleanup(func() { r.Close(); client.CloseIdleConnections(); server.Close() })
		r.AddCluster("staging")
		r.AddLoadBalancer("qa", "qa.localhost")
		r.AddRepository("shop")
		c.cluster, c.balancer, c.repository = "staging", "qa", "shop"
		c.cfg = aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, HTTPClient: client,
			Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""), Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
	} else {
		options := []func(*config.LoadOptions) error{config.WithHTTPClient(client)}
		if *endpointFlag != "aws" {
			options = append(options, config.WithBaseEndpoint(*endpointFlag))
		}
		cfg, err := config.LoadDefaultConfig(c.ctx, options...)
		if err != nil {
			t.Fatal(err)
		}
		c.cfg, c.cluster, c.balancer, c.repository = cfg, *clusterFlag, *balancerFlag, *repositoryFlag
	}
	for _, part := range []struct {
		name  string
		needs string // flag, when it is not given
		run   func(conformance)
	}{
		{"identity", "", conformance.identity},
		{"parameters", "", conformance.parameters},
		{"task definitions", "", conformance.taskDefinitions},
		{"builds", "", conformance.noBuilds},
		{"target groups", c.lacking(c.balancer, "-balancer"), conformance.targetGroups},
		{"listeners and rules", c.lacking(c.balancer, "-balancer"), conformance.doors},
		{"services", c.lacking(c.cluster, "-cluster"), conformance.services},
		{"images", c.lacking(c.repository, "-repository"), conformance.images},
		{"network", c.lacking(c.balancer, "-balancer"), conformance.network},
	} {
		t.Run(part.name, func(t *testing.T) {
			if part.needs != "" {
				t.Skipf("SKIPPED, NOT TRIED: %s needs %s", part.name, part.needs)
			}
			own := *c
			own.T = t
			part.run(own)
		})
	}
	if *endpointFlag == "" {
		t.Log("tried against the simulated region only; -endpoint points it elsewhere. Never tried: builds that run, tasks that start, lags of reads and tags")
	}
}

func (c *conformance) lacking(value, flag string) string {
	if value == "" {
		return flag
	}
	return ""
}

// refused demands one of the codes.
func (c conformance) refused(err error, codes ...string) {
	c.Helper()
	var api smithy.APIError
	if errors.As(err, &api) {
		for _, code := range codes {
			if api.ErrorCode() == code {
				return
			}
		}
	}
	c.Errorf("got %v, want the error %s", err, strings.Join(codes, " or "))
}

func (c conformance) identity() {
	out := must[*sts.GetCallerIdentityOutput](c.T)(sts.NewFromConfig(c.cfg).GetCallerIdentity(c.ctx, &sts.GetCallerIdentityInput{}))
	if len(*out.Account) != 12 || !strings.HasPrefix(*out.Arn, "arn:") {
		c.Errorf("%+v", out)
	}
}

func (c conformance) parameters() {
	client, name := ssm.NewFromConfig(c.cfg), "/qabot/"+c.mark+"/x"
	put := &ssm.PutParameterInput{Name: &name, Value: new("1"), Type: ssmtypes.ParameterTypeSecureString, Tags: []ssmtypes.Tag{{Key: new("k"), Value: new("v")}}}
	must[*ssm.PutParameterOutput](c.T)(client.PutParameter(c.ctx, put))
	c.Cleanup(func() { client.DeleteParameter(context.WithoutCancel(c.ctx), &ssm.DeleteParameterInput{Name: &name}) })
	put.Tags = nil
	_, err := client.PutParameter(c.ctx, put)
	c.refused(err, "ParameterAlreadyExists")
	got := must[*ssm.GetParametersOutput](c.T)(client.GetParameters(c.ctx, &ssm.GetParametersInput{Names: []string{name, name + "y"}, WithDecryption: new(true)}))
	if len(got.Parameters) != 1 || *got.Parameters[0].Value != "1" || len(got.InvalidParameters) != 1 {
		c.Errorf("%+v", got)
	}
	tags := must[*ssm.ListTagsForResourceOutput](c.T)(client.ListTagsForResource(c.ctx, &ssm.ListTagsForResourceInput{ResourceId: &name, ResourceType: ssmtypes.ResourceTypeForTaggingParameter}))
	if len(tags.TagList) != 1 {
		c.Errorf("tags %+v", tags.TagList)
	}
	must[*ssm.DeleteParameterOutput](c.T)(client.DeleteParameter(c.ctx, &ssm.DeleteParameterInput{Name: &name}))
	_, err = client.DeleteParameter(c.ctx, &ssm.DeleteParameterInput{Name: &name})
	c.refused(err, "ParameterNotFound")
}

// register makes a revision of the run's own family.
func (c conformance) register(client *ecs.Client) *ecstypes.TaskDefinition {
	c.Helper()
	out := must[*ecs.RegisterTaskDefinitionOutput](c.T)(client.RegisterTaskDefinition(c.ctx, &ecs.RegisterTaskDefinitionInput{Family: &c.mark,
		NetworkMode: ecstypes.NetworkModeBridge, Tags: []ecstypes.Tag{{Key: new("k"), Value: new("v")}},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: new("web"), Image: new("public.ecr.aws/docker/library/busybox:1"), Memory: new(int32(16)), Essential: new(true)}}}))
	c.Cleanup(func() {
		ctx := context.WithoutCancel(c.ctx)
		client.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: out.TaskDefinition.TaskDefinitionArn})
		client.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{*out.TaskDefinition.TaskDefinitionArn}})
	})
	return out.TaskDefinition
}

func (c conformance) taskDefinitions() {
	client := ecs.NewFromConfig(c.cfg)
	first, second := c.register(client), c.register(client)
	if second.Revision != first.Revision+1 {
		c.Errorf("revisions %d and %d", first.Revision, second.Revision)
	}
	newest := must[*ecs.DescribeTaskDefinitionOutput](c.T)(client.DescribeTaskDefinition(c.ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &c.mark,
		Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags}}))
	if newest.TaskDefinition.Revision != second.Revision || len(newest.Tags) != 1 {
		c.Errorf("the family means %d with %d tags", newest.TaskDefinition.Revision, len(newest.Tags))
	}
	_, err := client.DeleteTaskDefinitions(c.ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{*first.TaskDefinitionArn}})
	if err == nil {
		c.Log("deleting an ACTIVE revision is answered by a failure in the list, not by an error")
	}
	gone := must[*ecs.DeregisterTaskDefinitionOutput](c.T)(client.DeregisterTaskDefinition(c.ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: first.TaskDefinitionArn}))
	if gone.TaskDefinition.Status != ecstypes.TaskDefinitionStatusInactive {
		c.Errorf("deregistered it is %s", gone.TaskDefinition.Status)
	}
	pages := 0
	var arns []string
	for p := ecs.NewListTaskDefinitionsPaginator(client, &ecs.ListTaskDefinitionsInput{FamilyPrefix: &c.mark, MaxResults: new(int32(1))}); p.HasMorePages(); pages++ {
		arns = append(arns, must[*ecs.ListTaskDefinitionsOutput](c.T)(p.NextPage(c.ctx)).TaskDefinitionArns...)
	}
	if len(arns) != 1 || pages == 0 {
		c.Errorf("%v on %d pages", arns, pages)
	}
	_, err = client.DescribeTaskDefinition(c.ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: new(c.mark + "-none")})
	c.refused(err, "ClientException")
}

func (c conformance) noBuilds() {
	client := codebuild.NewFromConfig(c.cfg)
	out := must[*codebuild.BatchGetBuildsOutput](c.T)(client.BatchGetBuilds(c.ctx, &codebuild.BatchGetBuildsInput{Ids: []string{c.mark + ":00000000-0000-4000-8000-000000000000"}}))
	if len(out.Builds) != 0 || len(out.BuildsNotFound) != 1 {
		c.Errorf("%+v", out)
	}
	_, err := client.StartBuild(c.ctx, &codebuild.StartBuildInput{ProjectName: &c.mark})
	c.refused(err, "ResourceNotFoundException")
}

func (c conformance) images() {
	_, err := ecr.NewFromConfig(c.cfg).DescribeImages(c.ctx, &ecr.DescribeImagesInput{RepositoryName: &c.repository, ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: &c.mark}}})
	c.refused(err, "ImageNotFoundException")
}

// network reads what is around the load balancer, and changes nothing.
func (c conformance) network() {
	client, lb := ec2.NewFromConfig(c.cfg), c.lb(elb.NewFromConfig(c.cfg))
	within := ec2.Filter{Name: "vpc-id", Values: []string{*lb.VpcId}}
	subnets := must[[]ec2.Subnet](c.T)(client.Subnets(c.ctx, within, ec2.Filter{Name: "subnet-id", Values: []string{*lb.AvailabilityZones[0].SubnetId, "subnet-00000000"}}))
	if len(subnets) != 1 || subnets[0].ID != *lb.AvailabilityZones[0].SubnetId || subnets[0].VPC != *lb.VpcId || !strings.Contains(subnets[0].CIDR, "/") {
		c.Errorf("a subnet of the load balancer, and one that is not there: %+v", subnets)
	}
	mains := 0
	for _, t := range must[[]ec2.RouteTable](c.T)(client.RouteTables(c.ctx, within)) {
		if len(t.Routes) == 0 || t.Routes[0].State == "" {
			c.Errorf("%s has no routes: %+v", t.ID, t)
		}
		for _, a := range t.Associations {
			if a.Main {
				mains++
			}
		}
	}
	if mains != 1 {
		c.Errorf("the network has %d main route tables", mains)
	}
	groups := must[[]ec2.SecurityGroup](c.T)(client.SecurityGroups(c.ctx, ec2.Filter{Name: "group-id", Values: lb.SecurityGroups}))
	if len(groups) != len(lb.SecurityGroups) || len(groups[0].Ingress)+len(groups[0].Egress) == 0 {
		c.Errorf("security groups of the load balancer: %+v", groups)
	}
	must[[]ec2.NATGateway](c.T)(client.NATGateways(c.ctx, within))
	must[[]ec2.Endpoint](c.T)(client.Endpoints(c.ctx, within))
	must[[]ec2.NetworkInterface](c.T)(client.NetworkInterfaces(c.ctx, within))
	_, err := client.Subnets(c.ctx, ec2.Filter{Name: "nonsense", Values: []string{"1"}})
	c.refused(err, "InvalidParameterValue")
}

func (c conformance) lb(client *elb.Client) elbtypes.LoadBalancer {
	c.Helper()
	return must[*elb.DescribeLoadBalancersOutput](c.T)(client.DescribeLoadBalancers(c.ctx, &elb.DescribeLoadBalancersInput{Names: []string{c.balancer}})).LoadBalancers[0]
}

func (c conformance) groupInput(client *elb.Client, name string) *elb.CreateTargetGroupInput {
	c.Helper()
	return &elb.CreateTargetGroupInput{Name: &name, Port: new(int32(80)), Protocol: elbtypes.ProtocolEnumHttp, VpcId: c.lb(client).VpcId, TargetType: elbtypes.TargetTypeEnumIp,
		HealthCheckIntervalSeconds: new(int32(5)), HealthCheckTimeoutSeconds: new(int32(2)), HealthyThresholdCount: new(int32(2)), UnhealthyThresholdCount: new(int32(2))}
}

func (c conformance) newGroup(client *elb.Client, name string) string {
	c.Helper()
	arn := must[*elb.CreateTargetGroupOutput](c.T)(client.CreateTargetGroup(c.ctx, c.groupInput(client, name))).TargetGroups[0].TargetGroupArn
	c.Cleanup(func() {
		client.DeleteTargetGroup(context.WithoutCancel(c.ctx), &elb.DeleteTargetGroupInput{TargetGroupArn: arn})
	})
	return *arn
}

func (c conformance) targetGroups() {
	client := elb.NewFromConfig(c.cfg)
	arn := c.newGroup(client, c.mark+"-g")
	if again := c.newGroup(client, c.mark+"-g"); again != arn {
		c.Errorf("an equal create gave %s, want %s", again, arn)
	}
	other := c.groupInput(client, c.mark+"-g")
	other.HealthCheckPath = new("/other")
	_, err := client.CreateTargetGroup(c.ctx, other)
	c.refused(err, "DuplicateTargetGroupName")
	_, err = client.CreateTargetGroup(c.ctx, c.groupInput(client, strings.Repeat("a", 33)))
	c.refused(err, "ValidationError")
	_, err = client.DescribeTargetGroups(c.ctx, &elb.DescribeTargetGroupsInput{Names: []string{c.mark + "-none"}})
	c.refused(err, "TargetGroupNotFound")
	limits := must[*elb.DescribeAccountLimitsOutput](c.T)(client.DescribeAccountLimits(c.ctx, &elb.DescribeAccountLimitsInput{}))
	if len(limits.Limits) == 0 {
		c.Error("the account has no limits")
	}
	for range 2 { // the second finds nothing and succeeds
		must[*elb.DeleteTargetGroupOutput](c.T)(client.DeleteTargetGroup(c.ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &arn}))
	}
}

func (c conformance) doors() {
	client := elb.NewFromConfig(c.cfg)
	one, two := c.newGroup(client, c.mark+"-1"), c.newGroup(client, c.mark+"-2")
	in := &elb.CreateListenerInput{LoadBalancerArn: c.lb(client).LoadBalancerArn, Port: new(int32(conformancePort)), Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: forwardTo(one)}
	made := must[*elb.CreateListenerOutput](c.T)(client.CreateListener(c.ctx, in)).Listeners[0].ListenerArn
	c.Cleanup(func() {
		client.DeleteListener(context.WithoutCancel(c.ctx), &elb.DeleteListenerInput{ListenerArn: made})
	})
	in.DefaultActions = forwardTo(two)
	_, err := client.CreateListener(c.ctx, in)
	c.refused(err, "DuplicateListener")
	_, err = client.DeleteTargetGroup(c.ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &one})
	c.refused(err, "ResourceInUse")

	rule := &elb.CreateRuleInput{ListenerArn: made, Priority: new(int32(7)), Actions: forwardTo(two),
		Conditions: []elbtypes.RuleCondition{{Field: new("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{c.mark + ".example.com"}}}}}
	first := must[*elb.CreateRuleOutput](c.T)(client.CreateRule(c.ctx, rule)).Rules[0].RuleArn
	rule.Conditions[0].HostHeaderConfig.Values[0] = c.mark + "-2.example.com"
	_, err = client.CreateRule(c.ctx, rule)
	c.refused(err, "PriorityInUse")
	rule.Priority = new(int32(8))
	second := must[*elb.CreateRuleOutput](c.T)(client.CreateRule(c.ctx, rule)).Rules[0].RuleArn
	must[*elb.SetRulePrioritiesOutput](c.T)(client.SetRulePriorities(c.ctx, &elb.SetRulePrioritiesInput{RulePriorities: []elbtypes.RulePriorityPair{
		{RuleArn: first, Priority: new(int32(8))}, {RuleArn: second, Priority: new(int32(7))}}}))
	var order []string
	for p := elb.NewDescribeRulesPaginator(client, &elb.DescribeRulesInput{ListenerArn: made, PageSize: new(int32(1))}); p.HasMorePages(); {
		for _, x := range must[*elb.DescribeRulesOutput](c.T)(p.NextPage(c.ctx)).Rules {
			order = append(order, *x.Priority)
		}
	}
	if got := strings.Join(order, " "); got != "7 8 default" {
		c.Errorf("priorities %s", got)
	}
	must[*elb.ModifyRuleOutput](c.T)(client.ModifyRule(c.ctx, &elb.ModifyRuleInput{RuleArn: first, Actions: forwardTo(one)}))
	must[*elb.DeleteRuleOutput](c.T)(client.DeleteRule(c.ctx, &elb.DeleteRuleInput{RuleArn: first}))
	_, err = client.DeleteRule(c.ctx, &elb.DeleteRuleInput{RuleArn: first})
	c.refused(err, "RuleNotFound")
	must[*elb.DeleteListenerOutput](c.T)(client.DeleteListener(c.ctx, &elb.DeleteListenerInput{ListenerArn: made})) // with the other rule
	_, err = client.DeleteListener(c.ctx, &elb.DeleteListenerInput{ListenerArn: made})
	c.refused(err, "ListenerNotFound")
}

func (c conformance) services() {
	client := ecs.NewFromConfig(c.cfg)
	definition := c.register(client).TaskDefinitionArn
	in := &ecs.CreateServiceInput{Cluster: &c.cluster, ServiceName: &c.mark, TaskDefinition: definition, DesiredCount: new(int32(0)), LaunchType: ecstypes.LaunchTypeEc2}
	must[*ecs.CreateServiceOutput](c.T)(client.CreateService(c.ctx, in))
	remove := &ecs.DeleteServiceInput{Cluster: &c.cluster, Service: &c.mark, Force: new(true)}
	c.Cleanup(func() { client.DeleteService(context.WithoutCancel(c.ctx), remove) })
	in.DeploymentConfiguration = &ecstypes.DeploymentConfiguration{MinimumHealthyPercent: new(int32(0)), MaximumPercent: new(int32(150))}
	_, err := client.CreateService(c.ctx, in)
	c.refused(err, "InvalidParameterException")
	out := must[*ecs.DescribeServicesOutput](c.T)(client.DescribeServices(c.ctx, &ecs.DescribeServicesInput{Cluster: &c.cluster, Services: []string{c.mark, c.mark + "-none"}}))
	if len(out.Services) != 1 || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
		c.Errorf("%d services, failures %+v", len(out.Services), out.Failures)
	}
	eleven := make([]string, 11)
	for i := range eleven {
		eleven[i] = c.mark + strconv.Itoa(i)
	}
	_, err = client.DescribeServices(c.ctx, &ecs.DescribeServicesInput{Cluster: &c.cluster, Services: eleven})
	c.refused(err, "InvalidParameterException")
	must[*ecs.UpdateServiceOutput](c.T)(client.UpdateService(c.ctx, &ecs.UpdateServiceInput{Cluster: &c.cluster, Service: &c.mark, EnableExecuteCommand: new(false)}))
	must[*ecs.DeleteServiceOutput](c.T)(client.DeleteService(c.ctx, remove))
	_, err = client.UpdateService(c.ctx, &ecs.UpdateServiceInput{Cluster: &c.cluster, Service: &c.mark, DesiredCount: new(int32(1))})
	c.refused(err, "ServiceNotActiveException", "ServiceNotFoundException")
	_, err = client.UpdateService(c.ctx, &ecs.UpdateServiceInput{Cluster: &c.cluster, Service: new(c.mark + "-none"), DesiredCount: new(int32(1))})
	c.refused(err, "ServiceNotFoundException")
}
