package compute

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"qabot/provisioner"
	"qabot/store"
)

// Parameters keep what has a password in it, as SecureStrings of SSM's Parameter Store. Values come out of it for schema
// only; tasks and builds are given the reference.
type Parameters struct {
	clients      *Clients
	installation string
	now          func() time.Time
}

// NewParameters makes the vault of one installation. A nil clock is time.Now.
func NewParameters(clients *Clients, installation string, now func() time.Time) *Parameters {
	if now == nil {
		now = time.Now
	}
	return &Parameters{clients: clients, installation: installation, now: now}
}

const parametersPerCall = 10

// Ref is the parameter's name, which a task definition takes as valueFrom and CodeBuild as a PARAMETER_STORE variable.
func (p *Parameters) Ref(id store.ID, name string) string {
	return "/" + path.Join("qabot", p.installation, string(id), name)
}

// Look gives the values that are there, by environment; absent ones are missing from the map. A look at rest
// believes what it read some minutes ago.
func (p *Parameters) Look(ctx context.Context, ids []store.ID, name string) (map[store.ID]string, error) {
	byRef, found := map[string]store.ID{}, map[store.ID]string{}
	rest, memory := provisioner.AtRest(ctx), &p.clients.memory
	for _, id := range ids {
		ref := p.Ref(id, name)
		if value, known := recall[string](memory, ref, p.now()); rest && known {
			found[id] = value
		} else {
			byRef[ref] = id
		}
	}
	var mu sync.Mutex
	parts := slices.Collect(slices.Chunk(slices.Sorted(maps.Keys(byRef)), parametersPerCall))
	err := each(ctx, len(parts), func(ctx context.Context, i int) error {
		out, err := p.clients.SSM.GetParameters(ctx, &ssm.GetParametersInput{Names: parts[i], WithDecryption: new(true)})
		if err != nil {
			return fmt.Errorf("get parameters: %w", err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, one := range out.Parameters {
			found[byRef[deref(one.Name)]] = deref(one.Value)
			if rest {
				memory.keep(deref(one.Name), deref(one.Value), p.now().Add(brief))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fault(err)
	}
	return found, nil
}

// Put puts the value if there is none yet, and gives the one that is there now: whoever came first has set it. A
// parameter of the name that is not the environment's is a Problem.
func (p *Parameters) Put(ctx context.Context, c *store.Claim, name, value string) (stored string, err error) {
	ctx = store.WithClaim(ctx, c)
	ref := p.Ref(c.ID, name)
	defer p.clients.memory.forget(ref)
	marks := App{Name: c.Spec.App, Installation: p.installation}.marks(c.Environment)
	var tags []ssmtypes.Tag
	for k, v := range sorted(marks) {
		tags = append(tags, ssmtypes.Tag{Key: &k, Value: &v})
	}
	_, err = p.clients.SSM.PutParameter(ctx, &ssm.PutParameterInput{Name: &ref, Value: &value,
		Type: ssmtypes.ParameterTypeSecureString, Tags: tags, Overwrite: new(false)})
	var exists *ssmtypes.ParameterAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return "", fault(fmt.Errorf("put parameter %s: %w", ref, err))
	}
	if exists != nil {
		if err := p.owned(ctx, c.ID, ref); err != nil {
			return "", err
		}
	}
	out, err := p.clients.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &ref, WithDecryption: new(true)})
	if err != nil {
		return "", fault(fmt.Errorf("get parameter %s: %w", ref, err))
	}
	return deref(out.Parameter.Value), nil
}

// Replace puts another value in the place of the one that is there, or the first one.
func (p *Parameters) Replace(ctx context.Context, c *store.Claim, name, value string) error {
	there, err := p.Put(ctx, c, name, value)
	if err != nil || there == value {
		return err
	}
	ref := p.Ref(c.ID, name) // Put has proven that it is ours
	defer p.clients.memory.forget(ref)
	if _, err := p.clients.SSM.PutParameter(store.WithClaim(ctx, c), &ssm.PutParameterInput{Name: &ref, Value: &value,
		Type: ssmtypes.ParameterTypeSecureString, Overwrite: new(true)}); err != nil {
		return fault(fmt.Errorf("replace parameter %s: %w", ref, err))
	}
	return nil
}

// Delete takes the value away; an absent one is success.
func (p *Parameters) Delete(ctx context.Context, c *store.Claim, name string) error {
	ctx = store.WithClaim(ctx, c)
	ref := p.Ref(c.ID, name)
	defer p.clients.memory.forget(ref)
	if _, err := p.clients.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &ref}); err != nil {
		var absent *ssmtypes.ParameterNotFound
		if errors.As(err, &absent) {
			return nil
		}
		return fault(fmt.Errorf("get parameter %s: %w", ref, err))
	}
	if err := p.owned(ctx, c.ID, ref); err != nil {
		return err
	}
	var absent *ssmtypes.ParameterNotFound
	if _, err := p.clients.SSM.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &ref}); err != nil && !errors.As(err, &absent) {
		return fault(fmt.Errorf("delete parameter %s: %w", ref, err))
	}
	return nil
}

// owned is a Problem when the parameter does not bear the environment's tags.
func (p *Parameters) owned(ctx context.Context, id store.ID, ref string) error {
	out, err := p.clients.SSM.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceId: &ref,
		ResourceType: ssmtypes.ResourceTypeForTaggingParameter})
	if err != nil {
		return fault(fmt.Errorf("list tags of parameter %s: %w", ref, err))
	}
	tags := map[string]string{}
	for _, t := range out.TagList {
		tags[deref(t.Key)] = deref(t.Value)
	}
	if !(App{Installation: p.installation}).owns(id, tags) {
		return store.NewProblem(nil, store.Foreign, "parameter", ref)
	}
	return nil
}
