package awssim

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// family holds a family's revisions. Its counter outlives them: numbers are never used again.
type family struct {
	last      int32
	revisions map[int32]*types.TaskDefinition
}

var familyName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// taskDefinition finds one by ARN, "family:revision" or "family", which means its newest active revision.
func (r *Region) taskDefinition(ref string) (*types.TaskDefinition, error) {
	name, number, exact := strings.Cut(strings.TrimPrefix(ref, r.arn("ecs", "task-definition/")), ":")
	f := r.taskDefs[name]
	if f == nil {
		return nil, noTaskDefinition()
	}
	if exact {
		n, err := strconv.ParseInt(number, 10, 32)
		if d := f.revisions[int32(n)]; err == nil && d != nil {
			return d, nil
		}
		return nil, noTaskDefinition()
	}
	var newest *types.TaskDefinition
	for _, d := range f.revisions {
		if d.Status == types.TaskDefinitionStatusActive && (newest == nil || d.Revision > newest.Revision) {
			newest = d
		}
	}
	if newest == nil {
		return nil, noTaskDefinition()
	}
	return newest, nil
}

func noTaskDefinition() error {
	return fail("ClientException", "Unable to describe task definition.")
}

// runnable finds a task definition that new tasks and services may use.
func (r *Region) runnable(ref *string) (*types.TaskDefinition, error) {
	d, err := r.taskDefinition(deref(ref))
	if err != nil {
		return nil, fail("ClientException", "TaskDefinition not found.")
	}
	if d.Status != types.TaskDefinitionStatusActive {
		return nil, fail("ClientException", "TaskDefinition is inactive")
	}
	return d, nil
}

func (r *Region) registerTaskDefinition(in *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
	name := deref(in.Family)
	if !familyName.MatchString(name) {
		return nil, fail("ClientException", "Family contains invalid characters.")
	}
	if err := checkContainers(in); err != nil {
		return nil, err
	}
	f := r.taskDefs[name]
	if f == nil {
		f = &family{revisions: map[int32]*types.TaskDefinition{}}
		r.taskDefs[name] = f
	}
	f.last++
	registered := r.clock.now
	d := &types.TaskDefinition{Revision: f.last, Status: types.TaskDefinitionStatusActive, RegisteredAt: &registered,
		TaskDefinitionArn: new(r.arn("ecs", fmt.Sprintf("task-definition/%s:%d", name, f.last))),
		Compatibilities:   []types.Compatibility{types.CompatibilityEc2, types.CompatibilityFargate},
		Volumes:           []types.Volume{}, PlacementConstraints: []types.TaskDefinitionPlacementConstraint{}}
	copyMembers(d, in)
	fillContainerDefaults(d)
	f.revisions[f.last] = d
	r.tag(*d.TaskDefinitionArn, ecsTagMap(in.Tags))
	return &ecs.RegisterTaskDefinitionOutput{TaskDefinition: d, Tags: in.Tags}, nil
}

func checkContainers(in *ecs.RegisterTaskDefinitionInput) error {
	if len(in.ContainerDefinitions) == 0 {
		return fail("ClientException", "Container definitions should not be empty.")
	}
	names, essential := map[string]bool{}, false
	for _, c := range in.ContainerDefinitions {
		if deref(c.Name) == "" || deref(c.Image) == "" {
			return fail("ClientException", "Container.name and Container.image should not be null or empty.")
		}
		if names[*c.Name] {
			return fail("ClientException", "Container names must be unique: %s", *c.Name)
		}
		names[*c.Name] = true
		essential = essential || c.Essential == nil || *c.Essential
		variables := map[string]bool{}
		for _, e := range c.Environment {
			variables[deref(e.Name)] = true
		}
		for _, s := range c.Secrets {
			if variables[deref(s.Name)] {
				return fail("ClientException", "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '%s'.", deref(s.Name))
			}
		}
	}
	if !essential {
		return fail("ClientException", "Task definition does not have any essential containers.")
	}
	if slices.Contains(in.RequiresCompatibilities, types.CompatibilityFargate) {
		if in.NetworkMode != types.NetworkModeAwsvpc {
			return fail("ClientException", "Fargate only supports network mode 'awsvpc'.")
		}
		if in.Cpu == nil || in.Memory == nil {
			return fail("ClientException", "Fargate requires that 'cpu' and 'memory' be defined at the task level.")
		}
	}
	return nil
}

// fillContainerDefaults adds what descriptions show although it was not given.
func fillContainerDefaults(d *types.TaskDefinition) {
	d.ContainerDefinitions = slices.Clone(d.ContainerDefinitions)
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if c.Essential == nil {
			c.Essential = new(true)
		}
		if c.Environment == nil {
			c.Environment = []types.KeyValuePair{}
		}
		if c.MountPoints == nil {
			c.MountPoints = []types.MountPoint{}
		}
		if c.VolumesFrom == nil {
			c.VolumesFrom = []types.VolumeFrom{}
		}
		c.PortMappings = append([]types.PortMapping{}, c.PortMappings...)
		for j := range c.PortMappings {
			p := &c.PortMappings[j]
			if p.Protocol == "" {
				p.Protocol = types.TransportProtocolTcp
			}
			if p.HostPort == nil && d.NetworkMode == types.NetworkModeAwsvpc {
				p.HostPort = p.ContainerPort
			}
		}
	}
}

func (r *Region) describeTaskDefinition(in *ecs.DescribeTaskDefinitionInput) (*ecs.DescribeTaskDefinitionOutput, error) {
	d, err := r.taskDefinition(deref(in.TaskDefinition))
	if err != nil {
		return nil, err
	}
	out := &ecs.DescribeTaskDefinitionOutput{TaskDefinition: d}
	if slices.Contains(in.Include, types.TaskDefinitionFieldTags) {
		out.Tags = r.ecsTags(*d.TaskDefinitionArn)
	}
	return out, nil
}

func (r *Region) deregisterTaskDefinition(in *ecs.DeregisterTaskDefinitionInput) (*ecs.DeregisterTaskDefinitionOutput, error) {
	if !strings.Contains(strings.TrimPrefix(deref(in.TaskDefinition), r.arn("ecs", "")), ":") {
		return nil, fail("ClientException", "A revision must be given: family:revision")
	}
	d, err := r.taskDefinition(deref(in.TaskDefinition))
	if err != nil {
		return nil, err
	}
	if d.Status == types.TaskDefinitionStatusActive {
		at := r.clock.now
		d.Status, d.DeregisteredAt = types.TaskDefinitionStatusInactive, &at
	}
	return &ecs.DeregisterTaskDefinitionOutput{TaskDefinition: d}, nil
}

// deletionTime is how long a task definition stays DELETE_IN_PROGRESS when no task uses it.
const deletionTime = 10 * time.Second

func (r *Region) deleteTaskDefinitions(in *ecs.DeleteTaskDefinitionsInput) (*ecs.DeleteTaskDefinitionsOutput, error) {
	if len(in.TaskDefinitions) == 0 || len(in.TaskDefinitions) > 10 {
		return nil, fail("InvalidParameterException", "Between 1 and 10 task definitions can be deleted in one call")
	}
	out := &ecs.DeleteTaskDefinitionsOutput{TaskDefinitions: []types.TaskDefinition{}, Failures: []types.Failure{}}
	for _, ref := range in.TaskDefinitions {
		d, err := r.taskDefinition(ref)
		reason := ""
		switch {
		case err != nil:
			reason = "MISSING"
		case d.Status == types.TaskDefinitionStatusActive:
			reason = "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
		}
		if reason != "" {
			out.Failures = append(out.Failures, types.Failure{Arn: &ref, Reason: &reason})
			continue
		}
		if d.Status != types.TaskDefinitionStatusDeleteInProgress {
			at := r.clock.now
			d.Status, d.DeleteRequestedAt = types.TaskDefinitionStatusDeleteInProgress, &at
			r.clock.after(deletionTime, func() { r.forgetTaskDefinition(d) })
		}
		out.TaskDefinitions = append(out.TaskDefinitions, *d)
	}
	return out, nil
}

// forgetTaskDefinition removes a deleted revision once no task or service uses it.
func (r *Region) forgetTaskDefinition(d *types.TaskDefinition) {
	for _, t := range r.tasks {
		if t.def == d && t.last != "STOPPED" {
			r.clock.after(deletionTime, func() { r.forgetTaskDefinition(d) })
			return
		}
	}
	delete(r.taskDefs[*d.Family].revisions, d.Revision)
	r.untag(*d.TaskDefinitionArn)
}

func (r *Region) listTaskDefinitions(in *ecs.ListTaskDefinitionsInput) (*ecs.ListTaskDefinitionsOutput, error) {
	status := cmp.Or(in.Status, types.TaskDefinitionStatusActive)
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(r.taskDefs)) {
		if in.FamilyPrefix != nil && *in.FamilyPrefix != name { // despite its name it wants the whole family
			continue
		}
		f := r.taskDefs[name]
		for _, n := range slices.Sorted(maps.Keys(f.revisions)) {
			if d := f.revisions[n]; d.Status == status && r.visible(*d.RegisteredAt) {
				arns = append(arns, *d.TaskDefinitionArn)
			}
		}
	}
	if in.Sort == types.SortOrderDesc {
		slices.Reverse(arns)
	}
	items, next, err := ecsPage(arns, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &ecs.ListTaskDefinitionsOutput{TaskDefinitionArns: items, NextToken: next}, nil
}

func (r *Region) listTaskDefinitionFamilies(in *ecs.ListTaskDefinitionFamiliesInput) (*ecs.ListTaskDefinitionFamiliesOutput, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.taskDefs)) {
		active, any := false, len(r.taskDefs[name].revisions) > 0
		for _, d := range r.taskDefs[name].revisions {
			active = active || d.Status == types.TaskDefinitionStatusActive
		}
		ok := in.Status == types.TaskDefinitionFamilyStatusActive && active ||
			in.Status == types.TaskDefinitionFamilyStatusInactive && !active ||
			in.Status == "" || in.Status == types.TaskDefinitionFamilyStatusAll
		if any && ok && strings.HasPrefix(name, deref(in.FamilyPrefix)) {
			names = append(names, name)
		}
	}
	items, next, err := ecsPage(names, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &ecs.ListTaskDefinitionFamiliesOutput{Families: items, NextToken: next}, nil
}
