package app

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"qabot/manifests"
	"qabot/provisioner/compute"
)

// accountNames is where an installation is at home.
type accountNames struct{ Region, Account, Installation string }

// parameters is where the secrets of environments lie.
func (n accountNames) parameters() string {
	return fmt.Sprintf("arn:aws:ssm:%s:%s:parameter/qabot/%s/*", n.Region, n.Account, n.Installation)
}

var placeholder = regexp.MustCompile(`\$\{([a-z_]+)\}`)

// rights are the policy's statements with the app's own names filled in.
func (n accountNames) rights(a App, d Database, roles []taskRole, pipeline pipelineNeeds) ([]compute.Right, error) {
	var arns []string
	for _, r := range roles {
		arns = append(arns, r.arn)
	}
	var projects, logs []string
	for _, name := range a.projects(pipeline.projects) {
		projects = append(projects, fmt.Sprintf("arn:aws:codebuild:%s:%s:project/%s", n.Region, n.Account, name))
		logs = append(logs, fmt.Sprintf("arn:aws:logs:%s:%s:log-group:/aws/codebuild/%s:*", n.Region, n.Account, name))
	}
	balancing := func(shape string) (arns []string) {
		for _, name := range a.Balancer.names() {
			arns = append(arns, fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:"+shape, n.Region, n.Account, name))
		}
		return arns
	}
	const join = `","`
	values := map[string]string{
		"region": n.Region, "account": n.Account, "installation": n.Installation, "cluster": path.Base(a.Cluster),
		"load_balancers":     strings.Join(balancing("loadbalancer/app/%s/*"), join),
		"listeners":          strings.Join(balancing("listener/app/%s/*/*"), join),
		"rules":              strings.Join(balancing("listener-rule/app/%s/*/*/*"), join),
		"task_roles":         strings.Join(slices.Compact(slices.Sorted(slices.Values(arns))), join),
		"codebuild_projects": strings.Join(projects, join),
		"pipelines":          n.pipeline(a.Image.Pipeline.Name),
		"pipeline_templates": n.pipeline(a.Image.Pipeline.Template),
		"pipeline_roles":     strings.Join(pipeline.roles, join),
		"image_repositories": fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", n.Region, n.Account, repositoryName(a.Image.Repository)),
		"log_groups":         strings.Join(logs, join),
		"save_bucket":        n.bucket(d.SaveBucket),
		"save_objects":       n.bucket(d.SaveBucket, d.SavePrefix, n.Installation, "*"),
	}
	var unknown []string
	text := placeholder.ReplaceAllStringFunc(manifests.Policy, func(s string) string {
		value, ok := values[s[2:len(s)-1]]
		if !ok {
			unknown = append(unknown, s)
		}
		return value
	})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("the policy asks for %v", unknown)
	}
	var policy struct {
		Statement []struct {
			Sid       string
			Action    []string
			Resource  json.RawMessage
			Condition map[string]map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	var rights []compute.Right
	for _, s := range policy.Statement {
		if needed, conditional := a.needs()[s.Sid]; conditional && !needed {
			continue
		}
		r := compute.Right{Sid: s.Sid, Actions: s.Action, Context: map[string]string{}}
		for _, resource := range texts(s.Resource) {
			if resource != "" { // a list that is empty for this app
				r.Resources = append(r.Resources, strings.ReplaceAll(resource, "*", wildcard(resource)))
			}
		}
		if len(r.Resources) == 0 {
			continue
		}
		for _, operator := range []string{"StringEquals", "ArnEquals"} {
			for key, wanted := range s.Condition[operator] {
				r.Context[key] = texts(wanted)[0]
			}
		}
		for key := range s.Condition["Null"] {
			r.Context[key] = "any"
		}
		rights = append(rights, r)
	}
	return rights, nil
}

// seeUse is the statement without which everything works: it lets qabot see which environments are used.
const seeUse = "SeeUse"

// apart parts what qabot cannot do without from what lets it see use.
func apart(rights []compute.Right) (needed, use []compute.Right) {
	for _, r := range rights {
		if r.Sid == seeUse {
			use = append(use, r)
		} else {
			needed = append(needed, r)
		}
	}
	return needed, use
}

// bucket is the ARN of a bucket, or of what lies in it; empty: there is none.
func (n accountNames) bucket(path ...string) string {
	if path[0] == "" {
		return ""
	}
	return "arn:aws:s3:::" + strings.Join(path, "/")
}

// pipelineNeeds is what an app's pipeline brings with it.
type pipelineNeeds struct{ projects, roles []string }

// pipeline is the ARN of a pipeline; empty: there is none.
func (n accountNames) pipeline(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("arn:aws:codepipeline:%s:%s:%s", n.Region, n.Account, name)
}

// projects are the CodeBuild projects that work for the app, those of its pipeline among them.
func (a App) projects(ofPipeline []string) (names []string) {
	for _, name := range append([]string{a.Image.Project, a.Migration.Project}, ofPipeline...) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// needs tells of statements that not every app needs whether this one does.
func (a App) needs() map[string]bool {
	byTask, template := a.Migration.Via == viaECS, a.Image.Pipeline.Template != ""
	pipeline := template || a.Image.Pipeline.Name != ""
	return map[string]bool{
		"RunOwnMigrations": byTask, "StopOwnMigrations": byTask,
		"SeePipelines": pipeline, "RunPipelines": pipeline,
		"CountPipelines": template, "MakeOwnPipelines": template, "SeeTagsOfOwnPipelines": template, "RemoveOwnPipelines": template,
	}
}

// wildcard is what stands for a star in a resource that is asked about: everything stays everything.
func wildcard(resource string) string {
	if resource == "*" {
		return "*"
	}
	return "any"
}

// texts reads a string or several.
func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var all []string
	if json.Unmarshal(raw, &all) != nil || len(all) == 0 {
		return []string{""}
	}
	return all
}

// balancerName takes the name out of an ARN (...:loadbalancer/app/<name>/<id>); a name stays as it is.
func balancerName(s string) string {
	if parts := strings.Split(s, "/"); strings.HasPrefix(s, "arn:") && len(parts) > 2 {
		return parts[len(parts)-2]
	}
	return s
}

// repositoryName takes the name out of a registry's address.
func repositoryName(s string) string {
	if host, name, ok := strings.Cut(s, "/"); ok && strings.Contains(host, ".dkr.ecr.") {
		return name
	}
	return s
}
