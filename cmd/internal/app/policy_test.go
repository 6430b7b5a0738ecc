package app_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"qabot/manifests"
)

// permissions are the IAM actions that a call needs, where they are not just service:Action.
var permissions = map[string][]string{
	"sts.GetCallerIdentity":                  {}, // allowed to everybody
	"ecs.CreateService":                      {"ecs:CreateService", "ecs:TagResource"},
	"ecs.RegisterTaskDefinition":             {"ecs:RegisterTaskDefinition", "ecs:TagResource", "iam:PassRole"},
	"ecs.RunTask":                            {"ecs:RunTask", "ecs:TagResource", "iam:PassRole"},
	"elasticloadbalancing.CreateListener":    {"elasticloadbalancing:CreateListener", "elasticloadbalancing:AddTags"},
	"elasticloadbalancing.CreateRule":        {"elasticloadbalancing:CreateRule", "elasticloadbalancing:AddTags"},
	"elasticloadbalancing.CreateTargetGroup": {"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags"},
	"tagging.GetResources":                   {"tag:GetResources"},
	"codepipeline.CreatePipeline":            {"codepipeline:CreatePipeline", "codepipeline:TagResource", "iam:PassRole"},
	"s3.HeadBucket":                          {"s3:ListBucket"},
	"s3.HeadObject":                          {"s3:GetObject", "s3:ListBucket"},
	"s3.CreateMultipartUpload":               {"s3:PutObject"},
	"s3.UploadPart":                          {"s3:PutObject"},
	"s3.CompleteMultipartUpload":             {"s3:PutObject"},
	"ssm.PutParameter":                       {"ssm:PutParameter", "ssm:AddTagsToResource"},
}

// seldom are actions that stories need not meet: they mend what somebody else changed, or are of routing by host or of save points in a bucket, which
// the resources' own tests try.
var seldom = []string{"elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyTargetGroup",
	"elasticloadbalancing:CreateRule", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:ModifyRule",
	"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"}

// callBook gathers what the stories asked of AWS.
type callBook struct {
	mu      sync.Mutex
	actions map[string]bool
	stories int
}

func (b *callBook) add(calls []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stories++
	for _, call := range calls {
		needs, ok := permissions[call]
		if !ok {
			needs = []string{strings.Replace(call, ".", ":", 1)}
		}
		for _, action := range needs {
			b.actions[action] = true
		}
	}
}

// check holds the policy to the calls: none is missing from it, and when all stories were played, none is too many.
func (b *callBook) check(t *testing.T) {
	var policy struct {
		Statement []struct {
			Sid    string
			Action []string
		}
	}
	if err := json.Unmarshal([]byte(manifests.Policy), &policy); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, s := range policy.Statement {
		if s.Sid == "Doctor" || s.Sid == "CountPipelines" {
			continue // the doctor's: it only looks, and no story asks it
		}
		for _, action := range s.Action {
			listed[action] = true
		}
	}
	for _, action := range slices.Sorted(maps.Keys(b.actions)) {
		if !listed[action] {
			t.Errorf("manifests/iam/policy.json lacks %s", action)
		}
	}
	files, err := os.ReadDir(filepath.Join("testdata", "stories"))
	if err != nil {
		t.Fatal(err)
	}
	if b.stories < len(files) || t.Failed() {
		return
	}
	for _, action := range slices.Sorted(maps.Keys(listed)) {
		if !b.actions[action] && !slices.Contains(seldom, action) {
			t.Errorf("manifests/iam/policy.json allows %s, which no story needs", action)
		}
	}
}
