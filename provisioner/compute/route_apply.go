package compute

import (
	"context"
	"errors"
	"fmt"
	"slices"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"qabot/store"
)

// full are the codes with which the load balancer says that it has no room.
var full = []string{"TooManyListeners", "TooManyTargetGroups", "TooManyUniqueTargetGroupsPerLoadBalancer", "TooManyTargets",
	"TooManyCertificates", "TooManyActions", "TooManyRules", "TargetGroupAssociationLimit"}

// Apply allots the number and brings target group and door about, each as far as it is missing or differs.
func (r *route) Apply(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	s, err := r.look(ctx, []store.Environment{c.Environment})
	if err != nil {
		return fault(err)
	}
	w := r.way(c.Environment, s)
	if w.foreign {
		return &store.Problem{Detail: r.foreign(c.ID)}
	}
	if err := tellDrift(ctx, r.notebook, c, r.Kind(), r.now(), r.drift(c.Environment, w)); err != nil {
		return err
	}
	at, err := r.allot(ctx, c, s, w)
	if err != nil {
		return err
	}
	i, local := place(at)
	group, err := r.applyGroup(ctx, c.Environment, s.halls[i], w)
	if err != nil {
		return r.refused(s, i, fmt.Errorf("apply target group %s: %w", targetGroup(c.ID, r.role.Name), err))
	}
	if err := r.applyDoor(ctx, c.Environment, s.halls[i], w, group, at); err != nil {
		return r.refused(s, i, fmt.Errorf("apply door %d of %s: %w", local, s.halls[i].Name, err))
	}
	return nil
}

// refused gives the Problem that people must hear of, and any other error as it is.
func (r *route) refused(s routeSight, i int, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && slices.Contains(full, api.ErrorCode()) {
		if i < len(s.halls)-1 { // the next pass takes another one
			r.clients.memory.keep("full/"+s.halls[i].Name, true, r.now().Add(brief))
			return store.NewProblem(err, store.Retrying)
		}
		return store.NewProblem(err, store.BalancerFull, s.halls[i].Name, "full."+api.ErrorCode())
	}
	return fault(err)
}

// allot gives the environment's number: the one it has, unless somebody else's door is there.
func (r *route) allot(ctx context.Context, c *store.Claim, s routeSight, w way) (int, error) {
	candidates, err := r.candidates(ctx, c.Environment, s, w)
	if err != nil {
		return 0, fault(err)
	}
	at, err := r.notebook.Allot(ctx, c, r.Kind(), r.pool(), candidates)
	if errors.Is(err, store.ErrExhausted) {
		return 0, r.exhausted(s, err)
	}
	if err != nil {
		return 0, fmt.Errorf("allot a place: %w", err)
	}
	return at, nil
}

func (r *route) applyGroup(ctx context.Context, env store.Environment, h hall, w way) (arn string, err error) {
	defer r.clients.memory.forgetAll(doors)
	if w.group != nil {
		arn = deref(w.group.TargetGroupArn)
		if !r.healthFits(*w.group) {
			if _, err := r.clients.ELB.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: &arn,
				HealthCheckPath: new(r.role.healthPath()), HealthCheckIntervalSeconds: new(int32(healthInterval)),
				HealthCheckTimeoutSeconds: new(int32(healthTimeout)), HealthyThresholdCount: new(int32(healthThreshold)),
				UnhealthyThresholdCount: new(int32(healthThreshold))}); err != nil {
				return "", err
			}
		}
	} else {
		out, err := r.clients.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: new(targetGroup(env.ID, r.role.Name)), TargetType: elbtypes.TargetTypeEnumIp, VpcId: h.VpcId,
			Protocol: elbtypes.ProtocolEnumHttp, Port: new(int32(r.role.Port)),
			HealthCheckProtocol: elbtypes.ProtocolEnumHttp, HealthCheckPath: new(r.role.healthPath()),
			HealthCheckIntervalSeconds: new(int32(healthInterval)), HealthCheckTimeoutSeconds: new(int32(healthTimeout)),
			HealthyThresholdCount: new(int32(healthThreshold)), UnhealthyThresholdCount: new(int32(healthThreshold)),
			Tags: elbTags(r.app.marks(env))})
		if err != nil {
			return "", err
		}
		arn = deref(out.TargetGroups[0].TargetGroupArn)
	}
	if w.group != nil && w.attuned {
		return arn, nil
	}
	var attributes []elbtypes.TargetGroupAttribute
	for k, v := range sorted(groupAttributes) {
		attributes = append(attributes, elbtypes.TargetGroupAttribute{Key: &k, Value: &v})
	}
	_, err = r.clients.ELB.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn, Attributes: attributes})
	return arn, err
}

// applyDoor leaves one door: a target group belongs to one load balancer only, so those of others go first.
func (r *route) applyDoor(ctx context.Context, env store.Environment, h hall, w way, group string, at int) error {
	var stays *door
	here, _ := place(at)
	for _, d := range w.doors {
		if i, _ := place(d.number); i == here && stays == nil && (d.listener == nil) == r.app.ByHost {
			stays = &d
			continue
		}
		if err := r.shut(ctx, d); err != nil {
			return err
		}
	}
	switch {
	case stays == nil:
		return r.open(ctx, env, h, at, group)
	case !r.fits(env, *stays, at, elbtypes.TargetGroup{TargetGroupArn: &group}):
		return r.mend(ctx, env, h, *stays, at, group)
	}
	return nil
}

// Remove deletes the door, then the target group. The number stays allotted.
func (r *route) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	s, err := r.look(ctx, []store.Environment{c.Environment})
	if err != nil {
		return fault(err)
	}
	w := r.way(c.Environment, s)
	for _, d := range w.doors {
		if err := r.shut(ctx, d); err != nil {
			return fault(err)
		}
	}
	if w.group == nil || w.foreign {
		return nil
	}
	defer r.clients.memory.forgetAll(doors)
	_, err = r.clients.ELB.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: w.group.TargetGroupArn})
	if err != nil && !coded(err, "ResourceInUse", "TargetGroupNotFound") {
		return fault(fmt.Errorf("delete target group %s: %w", targetGroup(c.ID, r.role.Name), err))
	}
	return nil // in use: a door is on its way out, the next call succeeds
}
