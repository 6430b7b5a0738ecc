package compute

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// definition is a revision of a task definition with its tags.
type definition struct {
	ecstypes.TaskDefinition
	tags map[string]string
}

// definitions reads task definitions. A revision never changes, so each is read once; its tags are taken as they were then.
type definitions struct {
	clients *Clients

	mu    sync.Mutex
	byARN map[string]definition
}

const remembered = 1000

func (d *definitions) get(ctx context.Context, arn string) (definition, error) {
	d.mu.Lock()
	known, ok := d.byARN[arn]
	d.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err := d.describe(ctx, arn)
	if err != nil {
		return definition{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byARN == nil || len(d.byARN) >= remembered {
		d.byARN = map[string]definition{}
	}
	d.byARN[arn] = found
	return found, nil
}

func (d *definitions) describe(ctx context.Context, ref string) (definition, error) {
	out, err := d.clients.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &ref,
		Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags}})
	if err != nil {
		return definition{}, fmt.Errorf("describe task definition %s: %w", ref, err)
	}
	return definition{TaskDefinition: *out.TaskDefinition, tags: fromECS(out.Tags)}, nil
}

// newest gives the family's newest active revision, false when there is none.
func (d *definitions) newest(ctx context.Context, family string) (definition, bool, error) {
	found, err := d.describe(ctx, family)
	if coded(err, "ClientException") {
		return definition{}, false, nil
	}
	return found, err == nil, err
}

// revisions gives the ARNs of the family's revisions in that status.
func (d *definitions) revisions(ctx context.Context, family string, status ecstypes.TaskDefinitionStatus) (arns []string, err error) {
	pages := ecs.NewListTaskDefinitionsPaginator(d.clients.ECS, &ecs.ListTaskDefinitionsInput{FamilyPrefix: &family, Status: status})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list task definitions of %s: %w", family, err)
		}
		arns = append(arns, page.TaskDefinitionArns...)
	}
	return arns, nil
}

// deletable are the family's revisions that are ours: registered ones are deregistered first, then deleted.
type deletable struct{ active, inactive []string }

func (l deletable) empty() bool { return len(l.active)+len(l.inactive) == 0 }

func (d *definitions) deletable(ctx context.Context, family string, owned func(tags map[string]string) bool) (l deletable, err error) {
	if l.active, err = d.revisions(ctx, family, ecstypes.TaskDefinitionStatusActive); err != nil {
		return l, err
	}
	if l.inactive, err = d.revisions(ctx, family, ecstypes.TaskDefinitionStatusInactive); err != nil {
		return l, err
	}
	var mu sync.Mutex
	foreign := map[string]bool{}
	all := slices.Concat(l.active, l.inactive)
	err = each(ctx, len(all), func(ctx context.Context, i int) error {
		found, err := d.get(ctx, all[i])
		if coded(err, "ClientException") || err == nil && !owned(found.tags) {
			mu.Lock()
			defer mu.Unlock()
			foreign[all[i]] = true
			return nil
		}
		return err
	})
	notOurs := func(arn string) bool { return foreign[arn] }
	l.active, l.inactive = slices.DeleteFunc(l.active, notOurs), slices.DeleteFunc(l.inactive, notOurs)
	return l, err
}

const definitionsPerCall = 10

// delete takes the next ten revisions away, and tells whether they were the last; the request bucket for that refills once a
// second.
func (d *definitions) delete(ctx context.Context, l deletable) (done bool, err error) {
	doomed := l.inactive
	for _, arn := range l.active[:min(len(l.active), definitionsPerCall)] {
		if _, err := d.clients.ECS.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn}); err != nil {
			return false, fault(fmt.Errorf("deregister %s: %w", arn, err))
		}
		doomed = append(doomed, arn)
	}
	if len(doomed) > 0 {
		doomed = doomed[:min(len(doomed), definitionsPerCall)]
		if _, err := d.clients.ECS.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: doomed}); err != nil {
			return false, fault(fmt.Errorf("delete task definitions: %w", err))
		}
	}
	return len(l.active)+len(l.inactive) <= len(doomed), nil
}
