package awssim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// State is what exists, for tests that look for orphans and for /_control/state. Lists are sorted by name.
type State struct {
	Now             time.Time  `json:"now"`
	Services        []Resource `json:"services"` // not INACTIVE
	Tasks           []Resource `json:"tasks"`    // not STOPPED
	Listeners       []Resource `json:"listeners"`
	Rules           []Resource `json:"rules"` // but for the default ones
	TargetGroups    []Resource `json:"targetGroups"`
	TaskDefinitions []Resource `json:"taskDefinitions"` // ACTIVE
	Parameters      []Resource `json:"parameters"`
	Images          []Resource `json:"images"`
	Builds          []Resource `json:"builds"`
	Pipelines       []Resource `json:"pipelines"`
	LateChanges     int        `json:"lateChanges"`
}

// Resource is one thing that exists.
type Resource struct {
	Name   string            `json:"name"`
	ARN    string            `json:"arn,omitempty"`
	Status string            `json:"status,omitempty"`
	Detail map[string]string `json:"detail,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`
}

// State is a copy of what exists now.
func (r *Region) State() (s State) {
	r.locked(func() {
		s = State{Now: r.clock.now, LateChanges: r.recorder.late, Services: r.serviceState(), Tasks: r.taskState(),
			Listeners: r.listenerState(), Rules: r.ruleState(), TargetGroups: r.groupState(), TaskDefinitions: r.definitionState(),
			Parameters: r.parameterState(), Images: r.imageState(), Builds: r.buildState(), Pipelines: r.pipelineState()}
	})
	return s
}

func (r *Region) resource(name, arn, status string, detail map[string]string) Resource {
	return Resource{Name: name, ARN: arn, Status: status, Detail: detail, Tags: maps.Clone(r.tags.live[arn])}
}

func (r *Region) serviceState() []Resource {
	list := []Resource{}
	for _, cn := range slices.Sorted(maps.Keys(r.clusters)) {
		c := r.clusters[cn]
		for _, name := range slices.Sorted(maps.Keys(c.services)) {
			s := c.services[name]
			if s.status == "INACTIVE" {
				continue
			}
			d := r.describeService(s, false)
			list = append(list, r.resource(name, s.arn, s.status, map[string]string{"cluster": cn, "desired": strconv.Itoa(s.desired()),
				"running": strconv.Itoa(int(d.RunningCount)), "taskDefinition": *s.settings.TaskDefinition, "rollout": string(s.deployments[0].rollout)}))
		}
	}
	return list
}

func (r *Region) taskState() []Resource {
	list := []Resource{}
	for _, arn := range slices.Sorted(maps.Keys(r.tasks)) {
		t := r.tasks[arn]
		if t.last == "STOPPED" {
			continue
		}
		list = append(list, r.resource(t.id, arn, t.last, map[string]string{"group": t.group, "taskDefinition": *t.def.TaskDefinitionArn}))
	}
	return list
}

func (r *Region) listenerState() []Resource {
	list := []Resource{}
	for _, l := range r.sortedListeners() {
		list = append(list, r.resource(*r.balancers[*l.data.LoadBalancerArn].data.LoadBalancerName+":"+strconv.Itoa(int(*l.data.Port)), *l.data.ListenerArn, "", map[string]string{"default": defaultOf(l)}))
	}
	return list
}

// defaultOf is what a listener does by itself: the status that it answers with, or the target groups that it forwards to.
func defaultOf(l *listener) string {
	if f := l.data.DefaultActions[0].FixedResponseConfig; f != nil {
		return deref(f.StatusCode)
	}
	return strings.Join(targetGroupsOf(l.data.DefaultActions), " ")
}

func (r *Region) ruleState() []Resource {
	list := []Resource{}
	for _, l := range r.sortedListeners() {
		for _, x := range r.rulesOf(*l.data.ListenerArn) {
			var values []string
			for _, c := range x.data.Conditions {
				values = append(values, c.Values...)
			}
			list = append(list, r.resource(strings.Join(values, " "), x.arn(), "", map[string]string{"priority": *x.data.Priority}))
		}
	}
	return list
}

func (r *Region) groupState() []Resource {
	list := []Resource{}
	for _, g := range r.sortedGroups() {
		detail := map[string]string{}
		for _, x := range g.targets {
			detail[x.id+":"+strconv.Itoa(int(x.port))] = string(x.state)
		}
		list = append(list, r.resource(*g.data.TargetGroupName, g.arn(), "", detail))
	}
	return list
}

func (r *Region) definitionState() []Resource {
	list := []Resource{}
	for _, name := range slices.Sorted(maps.Keys(r.taskDefs)) {
		f := r.taskDefs[name]
		for _, n := range slices.Sorted(maps.Keys(f.revisions)) {
			if d := f.revisions[n]; d.Status == types.TaskDefinitionStatusActive {
				list = append(list, r.resource(name+":"+strconv.Itoa(int(n)), *d.TaskDefinitionArn, string(d.Status), nil))
			}
		}
	}
	return list
}

func (r *Region) parameterState() []Resource {
	list := []Resource{}
	for _, p := range r.sortedParameters(func(*parameter) bool { return true }) {
		list = append(list, r.resource(p.name, p.arn, string(p.kind), nil)) // values are secrets
	}
	return list
}

func (r *Region) imageState() []Resource {
	list := []Resource{}
	for _, name := range slices.Sorted(maps.Keys(r.repos)) {
		for _, img := range r.repos[name].images {
			for _, tag := range img.tags {
				list = append(list, Resource{Name: name + ":" + tag, Detail: map[string]string{"digest": img.digest}})
			}
		}
	}
	return list
}

func (r *Region) buildState() []Resource {
	list := []Resource{}
	for _, name := range slices.Sorted(maps.Keys(r.projects)) {
		for _, b := range r.projects[name].builds {
			list = append(list, r.resource(b.id, *b.data.Arn, string(b.data.BuildStatus),
				map[string]string{"phase": *b.data.CurrentPhase, "sourceVersion": b.job.SourceVersion}))
		}
	}
	return list
}

func (r *Region) pipelineState() []Resource {
	list := []Resource{}
	for _, p := range r.sortedPipelines() {
		running := 0
		for _, e := range p.executions {
			if !e.over() {
				running++
			}
		}
		list = append(list, r.resource(*p.data.Name, p.arn, "", map[string]string{"executions": strconv.Itoa(len(p.executions)), "running": strconv.Itoa(running)}))
	}
	return list
}
