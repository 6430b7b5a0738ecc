package awssim

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	tagapi "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestCallerIdentity(t *testing.T) {
	w := newWorld(t)
	out := must[*sts.GetCallerIdentityOutput](t)(w.sts.GetCallerIdentity(w.ctx, &sts.GetCallerIdentityInput{}))
	if *out.Account != "123456789012" {
		t.Errorf("%+v", out)
	}
}

func TestImages(t *testing.T) {
	w := newWorld(t)
	uri := w.AddRepository("app")
	for _, tag := range []string{"git-1", "git-2", "git-1"} {
		if err := w.PushImage(uri, tag); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.PushImage("nope", "x"); err == nil {
		t.Error("pushed into a repository that does not exist")
	}
	ask := func(tag string) (*ecr.DescribeImagesOutput, error) {
		return w.ecr.DescribeImages(w.ctx, &ecr.DescribeImagesInput{RepositoryName: new("app"), ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: &tag}}})
	}
	if d := must[*ecr.DescribeImagesOutput](t)(ask("git-1")).ImageDetails; len(d) != 1 || !d[0].ImagePushedAt.Equal(w.Now()) {
		t.Errorf("%+v", d)
	}
	_, err := ask("git-3")
	var missing *ecrtypes.ImageNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("unknown tag: %v", err)
	}
	_, err = w.ecr.DescribeImages(w.ctx, &ecr.DescribeImagesInput{RepositoryName: new("nope")})
	w.refused(err, "RepositoryNotFoundException")
	tagged := must[*ecr.DescribeImagesOutput](t)(w.ecr.DescribeImages(w.ctx, &ecr.DescribeImagesInput{RepositoryName: new("app"),
		Filter: &ecrtypes.DescribeImagesFilter{TagStatus: ecrtypes.TagStatusTagged}}))
	if n := len(tagged.ImageDetails); n != 2 {
		t.Errorf("%d tagged images", n)
	}
	out := must[*ecr.BatchDeleteImageOutput](t)(w.ecr.BatchDeleteImage(w.ctx, &ecr.BatchDeleteImageInput{RepositoryName: new("app"),
		ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: new("git-2")}, {ImageTag: new("git-3")}}}))
	if len(out.ImageIds) != 1 || out.Failures[0].FailureCode != ecrtypes.ImageFailureCodeImageNotFound || len(w.State().Images) != 1 {
		t.Errorf("%+v", out)
	}
	repos := must[*ecr.DescribeRepositoriesOutput](t)(w.ecr.DescribeRepositories(w.ctx, &ecr.DescribeRepositoriesInput{}))
	if *repos.Repositories[0].RepositoryUri != uri {
		t.Errorf("%+v", repos.Repositories)
	}
}

func TestParameters(t *testing.T) {
	w := newWorld(t)
	put := func(name string, change ...func(*ssm.PutParameterInput)) error {
		in := &ssm.PutParameterInput{Name: &name, Value: new("secret"), Type: ssmtypes.ParameterTypeSecureString}
		for _, f := range change {
			f(in)
		}
		_, err := w.ssm.PutParameter(w.ctx, in)
		return err
	}
	tags := func(in *ssm.PutParameterInput) { in.Tags = []ssmtypes.Tag{{Key: new("e"), Value: new("1")}} }
	overwrite := func(in *ssm.PutParameterInput) { in.Overwrite = new(true) }
	if err := put("/qa/a/db", tags); err != nil {
		t.Fatal(err)
	}
	var exists *ssmtypes.ParameterAlreadyExists
	if err := put("/qa/a/db"); !errors.As(err, &exists) {
		t.Errorf("put twice: %v", err)
	}
	w.refused(put("/qa/a/db", overwrite, tags), "ValidationException")
	w.refused(put("/qa//x"), "ValidationException")
	if err := put("/qa/a/db", overwrite); err != nil {
		t.Error(err)
	}
	get := func(decrypt bool) *ssmtypes.Parameter {
		return must[*ssm.GetParameterOutput](t)(w.ssm.GetParameter(w.ctx, &ssm.GetParameterInput{Name: new("/qa/a/db"), WithDecryption: &decrypt})).Parameter
	}
	if p := get(true); *p.Value != "secret" || p.Version != 2 {
		t.Errorf("%s, version %d", *p.Value, p.Version)
	}
	if *get(false).Value == "secret" {
		t.Error("a secure string is readable without decryption")
	}
	list := must[*ssm.ListTagsForResourceOutput](t)(w.ssm.ListTagsForResource(w.ctx, &ssm.ListTagsForResourceInput{ResourceId: new("/qa/a/db"), ResourceType: "Parameter"}))
	if len(list.TagList) != 1 {
		t.Errorf("%+v", list.TagList)
	}
	must[*ssm.AddTagsToResourceOutput](t)(w.ssm.AddTagsToResource(w.ctx, &ssm.AddTagsToResourceInput{ResourceId: new("/qa/a/db"), ResourceType: "Parameter",
		Tags: []ssmtypes.Tag{{Key: new("f"), Value: new("2")}}}))
	found := must[*ssm.DescribeParametersOutput](t)(w.ssm.DescribeParameters(w.ctx, &ssm.DescribeParametersInput{ParameterFilters: []ssmtypes.ParameterStringFilter{
		{Key: new("tag:f"), Values: []string{"2"}}, {Key: new("Name"), Option: new("BeginsWith"), Values: []string{"/qa/"}}}}))
	if len(found.Parameters) != 1 {
		t.Errorf("%+v", found.Parameters)
	}
	must[*ssm.DeleteParameterOutput](t)(w.ssm.DeleteParameter(w.ctx, &ssm.DeleteParameterInput{Name: new("/qa/a/db")}))
	_, err := w.ssm.DeleteParameter(w.ctx, &ssm.DeleteParameterInput{Name: new("/qa/a/db")})
	var missing *ssmtypes.ParameterNotFound
	if !errors.As(err, &missing) {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestParametersByPath(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		must[*ssm.PutParameterOutput](t)(w.ssm.PutParameter(w.ctx, &ssm.PutParameterInput{Name: new(fmt.Sprintf("/qa/a/%02d", i)), Value: new("v"), Type: "String"}))
	}
	count := func(path string, recursive bool) (n, pages int) {
		for p := ssm.NewGetParametersByPathPaginator(w.ssm, &ssm.GetParametersByPathInput{Path: &path, Recursive: &recursive}); p.HasMorePages(); pages++ {
			n += len(must[*ssm.GetParametersByPathOutput](t)(p.NextPage(w.ctx)).Parameters)
		}
		return n, pages
	}
	if n, pages := count("/qa", true); n != 12 || pages != 2 {
		t.Errorf("%d on %d pages", n, pages)
	}
	if n, _ := count("/qa", false); n != 0 {
		t.Errorf("%d directly below /qa", n)
	}
	out := must[*ssm.GetParametersOutput](t)(w.ssm.GetParameters(w.ctx, &ssm.GetParametersInput{Names: []string{"/qa/a/01", "/none"}}))
	if len(out.Parameters) != 1 || out.InvalidParameters[0] != "/none" {
		t.Errorf("%+v", out)
	}
}

func TestLogTokens(t *testing.T) {
	w := newWorld(t)
	w.AddLogGroup("/g")
	write := func(lines ...string) { w.locked(func() { w.logStream("/g", "s").append(w.clock.now, lines...) }) }
	write("1", "2", "3")
	get := func(token *string, head bool) *cloudwatchlogs.GetLogEventsOutput {
		return must[*cloudwatchlogs.GetLogEventsOutput](t)(w.logs.GetLogEvents(w.ctx, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: new("/g"), LogStreamName: new("s"), Limit: new(int32(2)), NextToken: token, StartFromHead: &head}))
	}
	tail := get(nil, false)
	if len(tail.Events) != 2 || *tail.Events[0].Message != "2" {
		t.Errorf("tail %+v", tail.Events)
	}
	first := get(nil, true)
	second := get(first.NextForwardToken, true)
	third := get(second.NextForwardToken, true)
	if len(second.Events) != 1 || len(third.Events) != 0 || *third.NextForwardToken != *second.NextForwardToken {
		t.Errorf("%d, %d events; the token at the end must repeat", len(second.Events), len(third.Events))
	}
	write("4")
	if more := get(third.NextForwardToken, true); len(more.Events) != 1 || *more.Events[0].Message != "4" {
		t.Errorf("after more was written: %+v", more.Events)
	}
	_, err := w.logs.GetLogEvents(w.ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: new("/g"), LogStreamName: new("none")})
	w.refused(err, "ResourceNotFoundException")
	streams := must[*cloudwatchlogs.DescribeLogStreamsOutput](t)(w.logs.DescribeLogStreams(w.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: new("/g")}))
	groups := must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(w.logs.DescribeLogGroups(w.ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: new("/")}))
	if len(streams.LogStreams) != 1 || len(groups.LogGroups) != 1 {
		t.Errorf("%d streams, %d groups", len(streams.LogStreams), len(groups.LogGroups))
	}
}

func TestTaggingLagsAndLingers(t *testing.T) {
	w := newWorld(t)
	var arns []string
	for i := range 3 {
		in := w.groupInput(fmt.Sprintf("tg-%d", i))
		in.Tags = []elbtypes.Tag{{Key: new("qabot:environment"), Value: new("e")}}
		arns = append(arns, *must[*elb.CreateTargetGroupOutput](t)(w.elb.CreateTargetGroup(w.ctx, in)).TargetGroups[0].TargetGroupArn)
	}
	list := func(types ...string) (n int) {
		for p := tagapi.NewGetResourcesPaginator(w.tag, &tagapi.GetResourcesInput{ResourcesPerPage: new(int32(2)), ResourceTypeFilters: types,
			TagFilters: []tagtypes.TagFilter{{Key: new("qabot:environment"), Values: []string{"e"}}}}); p.HasMorePages(); {
			n += len(must[*tagapi.GetResourcesOutput](t)(p.NextPage(w.ctx)).ResourceTagMappingList)
		}
		return n
	}
	if n := list(); n != 0 {
		t.Errorf("%d at once", n)
	}
	w.Advance(DefaultDurations().TagLag)
	if all, groups, services := list(), list("elasticloadbalancing:targetgroup"), list("ecs"); all != 3 || groups != 3 || services != 0 {
		t.Errorf("after the lag %d, %d target groups, %d of ECS", all, groups, services)
	}
	must[*elb.DeleteTargetGroupOutput](t)(w.elb.DeleteTargetGroup(w.ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &arns[0]}))
	w.Advance(time.Hour)
	if n := list(); n != 3 {
		t.Errorf("an hour after a deletion %d", n)
	}
	w.Advance(2 * time.Hour)
	if n := list(); n != 2 {
		t.Errorf("three hours after it %d", n)
	}
	page := must[*tagapi.GetResourcesOutput](t)(w.tag.GetResources(w.ctx, &tagapi.GetResourcesInput{ResourcesPerPage: new(int32(1))}))
	w.Advance(16 * time.Minute)
	_, err := w.tag.GetResources(w.ctx, &tagapi.GetResourcesInput{PaginationToken: page.PaginationToken})
	var expired *tagtypes.PaginationTokenExpiredException
	if !errors.As(err, &expired) {
		t.Errorf("an old token: %v", err)
	}
	_, err = w.tag.GetResources(w.ctx, &tagapi.GetResourcesInput{ResourceARNList: arns, ResourceTypeFilters: []string{"ecs"}})
	w.refused(err, "InvalidParameterException")
}
