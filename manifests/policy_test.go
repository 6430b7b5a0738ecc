package manifests_test

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qabot/manifests"
)

// policy is IAM's language as far as the policy uses it.
type policy struct{ Statement []statement }

type statement struct {
	Sid, Effect string
	Action      list
	Resource    list
	Condition   map[string]map[string]list
}

// list is a string or several.
type list []string

func (l *list) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// account is what the placeholders stand for in these tests.
var account = map[string]string{
	"region": "eu-west-1", "account": "111122223333", "installation": "acme", "cluster": "staging",
	"load_balancers":     `arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/qa/*","arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/qa-2/*`,
	"listeners":          `arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/qa/*/*","arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/qa-2/*/*`,
	"rules":              `arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/qa/*/*/*","arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/qa-2/*/*/*`,
	"task_roles":         `arn:aws:iam::111122223333:role/shop-task","arn:aws:iam::111122223333:role/shop-execution`,
	"codebuild_projects": `arn:aws:codebuild:eu-west-1:111122223333:project/shop-image","arn:aws:codebuild:eu-west-1:111122223333:project/shop-migration`,
	"pipelines":          `arn:aws:codepipeline:eu-west-1:111122223333:shop-image`,
	"pipeline_templates": `arn:aws:codepipeline:eu-west-1:111122223333:shop-template`,
	"pipeline_roles":     `arn:aws:iam::111122223333:role/shop-pipeline`,
	"image_repositories": `arn:aws:ecr:eu-west-1:111122223333:repository/shop`,
	"save_bucket":        `arn:aws:s3:::saves`,
	"save_objects":       `arn:aws:s3:::saves/qabot/acme/*`,
	"log_groups":         `arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/shop:*`,
}

var placeholder = regexp.MustCompile(`\$\{([a-z_]+)\}`)

func read(t *testing.T) policy {
	t.Helper()
	text := placeholder.ReplaceAllStringFunc(manifests.Policy, func(s string) string {
		value, ok := account[s[2:len(s)-1]]
		if !ok {
			t.Errorf("%s stands for nothing", s)
		}
		return value
	})
	var p policy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// request is what IAM decides about.
type request struct {
	action, resource string
	keys             map[string]string // condition keys
}

// allows tells whether any statement allows the request: there is no Deny, and the test says so.
func (p policy) allows(r request) bool {
	return slices.ContainsFunc(p.Statement, func(s statement) bool {
		return s.Effect == "Allow" && slices.Contains(s.Action, r.action) && slices.ContainsFunc(s.Resource, func(pattern string) bool {
			return like(pattern, r.resource)
		}) && s.holds(r.keys)
	})
}

func (s statement) holds(keys map[string]string) bool {
	for operator, wants := range s.Condition {
		for key, values := range wants {
			have, there := keys[key]
			switch operator {
			case "StringEquals", "ArnEquals":
				if !there || !slices.Contains(values, have) {
					return false
				}
			case "Null":
				if there == (values[0] == "true") {
					return false
				}
			default:
				return false
			}
		}
	}
	return true
}

// like matches as IAM does: a star matches slashes too.
func like(pattern, s string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(s, "/", "\x00"))
	return err == nil && ok
}

const (
	ecsARN  = "arn:aws:ecs:eu-west-1:111122223333:"
	elbARN  = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:"
	pipeARN = "arn:aws:codepipeline:eu-west-1:111122223333:"
	saveARN = "arn:aws:s3:::saves/qabot/"
	ssmARN  = "arn:aws:ssm:eu-west-1:111122223333:parameter/"
)

// TestPolicyKeepsToItsOwn asks of everything that changes the world whether it is allowed on what is ours, and refused on
// what is not.
func TestPolicyKeepsToItsOwn(t *testing.T) {
	p := read(t)
	ours := map[string]string{"aws:ResourceTag/qabot:installation": "acme"}
	others := map[string]string{"aws:ResourceTag/qabot:installation": "another"}
	marked := map[string]string{"aws:RequestTag/qabot:installation": "acme", "aws:RequestTag/qabot:environment": "x-1"}
	half := map[string]string{"aws:RequestTag/qabot:installation": "acme"}
	service, staging := ecsARN+"service/staging/x-1-app", ecsARN+"service/production/app"
	definition := ecsARN + "task-definition/qabot-acme-x-1-app:3"
	stopped := map[string]string{"aws:ResourceTag/qabot:installation": "acme", "ecs:cluster": ecsARN + "cluster/staging"}
	ran, elsewhere := maps.Clone(marked), maps.Clone(marked)
	maps.Copy(ran, stopped)
	maps.Copy(elsewhere, map[string]string{"aws:ResourceTag/qabot:installation": "acme", "ecs:cluster": ecsARN + "cluster/production"})
	group, listener := elbARN+"targetgroup/x-1-app/0a", elbARN+"listener/app/qa/1/2"
	for _, c := range []struct {
		reason          string
		action          string
		resource        string
		yes             map[string]string
		no              []map[string]string
		foreignResource string
	}{
		{"a service is made with our marks, in the staging cluster", "ecs:CreateService", service, marked, []map[string]string{nil, half}, staging},
		{"only a service of ours is changed", "ecs:UpdateService", service, ours, []map[string]string{nil, others}, staging},
		{"only a service of ours is deleted", "ecs:DeleteService", service, ours, []map[string]string{nil, others}, staging},
		{"a task definition is registered with our marks", "ecs:RegisterTaskDefinition", definition, marked, []map[string]string{nil, half}, ""},
		{"only a task definition of ours is deleted", "ecs:DeleteTaskDefinitions", definition, ours, []map[string]string{nil, others}, service},
		{"tags are set when a thing is made, never later", "ecs:TagResource", service, map[string]string{"ecs:CreateAction": "CreateService"}, []map[string]string{nil, ours}, staging},
		{"a task runs what is ours, with our marks, in the staging cluster", "ecs:RunTask", definition, ran, []map[string]string{nil, half, marked, elsewhere}, ecsARN + "task-definition/shop-app:3"},
		{"only a task of ours is stopped, in the staging cluster", "ecs:StopTask", ecsARN + "task/staging/0a", stopped, []map[string]string{nil, ours, others}, ecsARN + "task/production/0a"},
		{"tags are set when a thing is made, never later", "ecs:TagResource", ecsARN + "task/staging/0a", map[string]string{"ecs:CreateAction": "RunTask"}, []map[string]string{nil, ours}, ecsARN + "task/production/0a"},
		{"a target group is made with our marks", "elasticloadbalancing:CreateTargetGroup", group, marked, []map[string]string{nil, half}, listener},
		{"a listener is made with our marks, on the QA load balancer", "elasticloadbalancing:CreateListener", elbARN + "loadbalancer/app/qa/1", marked, []map[string]string{nil, half}, elbARN + "loadbalancer/app/staging/1"},
		{"only a listener of ours is changed", "elasticloadbalancing:ModifyListener", listener, ours, []map[string]string{nil, others}, elbARN + "listener/app/staging/1/2"},
		{"only a listener of ours is deleted", "elasticloadbalancing:DeleteListener", listener, ours, []map[string]string{nil, others}, elbARN + "listener/app/staging/1/2"},
		{"a rule is made with our marks, on a QA load balancer", "elasticloadbalancing:CreateRule", elbARN + "listener/app/qa-2/1/2", marked, []map[string]string{nil, half}, elbARN + "listener/app/staging/1/2"},
		{"only a rule of ours is changed", "elasticloadbalancing:ModifyRule", elbARN + "listener-rule/app/qa/1/2/3", ours, []map[string]string{nil, others}, elbARN + "listener-rule/app/staging/1/2/3"},
		{"only a rule of ours is deleted", "elasticloadbalancing:DeleteRule", elbARN + "listener-rule/app/qa/1/2/3", ours, []map[string]string{nil, others}, elbARN + "listener-rule/app/staging/1/2/3"},
		{"only a target group of ours is changed", "elasticloadbalancing:ModifyTargetGroup", group, ours, []map[string]string{nil, others}, ""},
		{"only a target group of ours is changed", "elasticloadbalancing:ModifyTargetGroupAttributes", group, ours, []map[string]string{nil, others}, ""},
		{"only a target group of ours is deleted", "elasticloadbalancing:DeleteTargetGroup", group, ours, []map[string]string{nil, others}, ""},
		{"tags are set when a thing is made, never later", "elasticloadbalancing:AddTags", group, map[string]string{"elasticloadbalancing:CreateAction": "CreateTargetGroup"}, []map[string]string{nil, ours}, ""},
		{"only staging's roles are handed on, and to tasks only", "iam:PassRole", "arn:aws:iam::111122223333:role/shop-task", map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}, []map[string]string{nil, {"iam:PassedToService": "ec2.amazonaws.com"}}, "arn:aws:iam::111122223333:role/admin"},
		{"only the app's projects are built", "codebuild:StartBuild", "arn:aws:codebuild:eu-west-1:111122223333:project/shop-image", nil, nil, "arn:aws:codebuild:eu-west-1:111122223333:project/release"},
		{"only the app's builds are stopped", "codebuild:StopBuild", "arn:aws:codebuild:eu-west-1:111122223333:project/shop-migration", nil, nil, "arn:aws:codebuild:eu-west-1:111122223333:project/release"},
		{"only the app's pipelines are run, and ours", "codepipeline:StartPipelineExecution", pipeARN + "shop-image", nil, nil, pipeARN + "shop-template"},
		{"only the app's pipelines are run, and ours", "codepipeline:StopPipelineExecution", pipeARN + "qabot-acme-x-1", nil, nil, pipeARN + "release"},
		{"a pipeline is made with our marks, below our names", "codepipeline:CreatePipeline", pipeARN + "qabot-acme-x-1", marked, []map[string]string{nil, half}, pipeARN + "release"},
		{"only a pipeline of ours is deleted", "codepipeline:DeletePipeline", pipeARN + "qabot-acme-x-1", ours, []map[string]string{nil, others}, pipeARN + "shop-template"},
		{"only the templates' roles are handed on, and to pipelines only", "iam:PassRole", "arn:aws:iam::111122223333:role/shop-pipeline", map[string]string{"iam:PassedToService": "codepipeline.amazonaws.com"}, []map[string]string{nil, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}, "arn:aws:iam::111122223333:role/admin"},
		{"save points are kept below our prefix", "s3:PutObject", saveARN + "acme/shop/a.qabot.gz", nil, nil, saveARN + "another/shop/a.qabot.gz"},
		{"save points are deleted below our prefix", "s3:DeleteObject", saveARN + "acme/shop/a.qabot.gz", nil, nil, saveARN + "another/shop/a.qabot.gz"},
		{"uploads are given up below our prefix", "s3:AbortMultipartUpload", saveARN + "acme/shop/a.qabot.gz", nil, nil, "arn:aws:s3:::saves/a.qabot.gz"},
		{"save points are read below our prefix", "s3:GetObject", saveARN + "acme/shop/a.qabot.gz", nil, nil, "arn:aws:s3:::saves/a.qabot.gz"},
		{"secrets are kept below our path", "ssm:PutParameter", ssmARN + "qabot/acme/x-1/DATABASE_URL", nil, nil, ssmARN + "qabot/another/x-1/DATABASE_URL"},
		{"secrets are read below our path", "ssm:GetParameter", ssmARN + "qabot/acme/x-1/DATABASE_URL", nil, nil, ssmARN + "staging/DATABASE_URL"},
		{"secrets are read below our path", "ssm:GetParameters", ssmARN + "qabot/acme/x-1/DATABASE_URL", nil, nil, ssmARN + "staging/DATABASE_URL"},
		{"secrets are deleted below our path", "ssm:DeleteParameter", ssmARN + "qabot/acme/x-1/DATABASE_URL", nil, nil, ssmARN + "staging/DATABASE_URL"},
		{"logs of the apps are read", "logs:GetLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/shop:log-stream:a", nil, nil, "arn:aws:logs:eu-west-1:111122223333:log-group:/payroll:log-stream:a"},
	} {
		if !p.allows(request{c.action, c.resource, c.yes}) {
			t.Errorf("%s: %s is refused on %s with %v", c.reason, c.action, c.resource, c.yes)
		}
		for _, keys := range c.no {
			if p.allows(request{c.action, c.resource, keys}) {
				t.Errorf("%s: %s is allowed on %s with %v", c.reason, c.action, c.resource, keys)
			}
		}
		if c.foreignResource != "" && p.allows(request{c.action, c.foreignResource, c.yes}) {
			t.Errorf("%s: %s is allowed on %s", c.reason, c.action, c.foreignResource)
		}
	}
}

// unguarded are the actions that change something and that IAM cannot bind to a tag or to names of ours.
var unguarded = map[string]string{
	"ecs:DeregisterTaskDefinition": "IAM knows no resource for it; an inactive revision goes on serving where it runs",
}

// TestPolicyBindsEveryChange holds every statement to marks or names: what changes something and is bound to nothing has
// its reason above.
func TestPolicyBindsEveryChange(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range read(t).Statement {
		if s.Effect != "Allow" {
			t.Errorf("%s: a statement of effect %s is not what these tests understand", s.Sid, s.Effect)
		}
		for _, action := range s.Action {
			twice := seen[action] && action != "iam:PassRole" // one for each service that roles are handed to
			if twice || strings.Contains(action, "*") {
				t.Errorf("%s: %s stands twice, or for several actions", s.Sid, action)
			}
			seen[action] = true
			_, verb, _ := strings.Cut(action, ":")
			looks := strings.HasPrefix(verb, "Describe") || strings.HasPrefix(verb, "List") || strings.HasPrefix(verb, "Get") || strings.HasPrefix(verb, "BatchGet") || strings.HasPrefix(verb, "Simulate")
			bound := len(s.Condition) > 0 || !slices.Contains(s.Resource, "*")
			if _, known := unguarded[action]; !looks && !bound && !known {
				t.Errorf("%s: %s changes things and is bound to nothing", s.Sid, action)
			}
		}
	}
}

// TestPolicyStandsInTerraformsTemplate keeps to the one syntax that both sides read.
func TestPolicyStandsInTerraformsTemplate(t *testing.T) {
	if text, err := os.ReadFile("iam/policy.json"); err != nil || string(text) != manifests.Policy {
		t.Errorf("the policy is not the file's: %v", err)
	}
	if strings.Contains(manifests.Policy, "%{") {
		t.Error("the policy has a directive of Terraform's templates in it")
	}
}
