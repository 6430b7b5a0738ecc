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
	"TooManyCertificates", "TooManyActions", "TargetGroupAssociationLimit"}

// Apply allots the port and brings target group and listener about, each as far as it is missing or differs.
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
	port, err := r.port(ctx, c, s, w)
	if err != nil {
		return err
	}
	group, err := r.applyGroup(ctx, c.Environment, s, w)
	if err != nil {
		return refused(fmt.Errorf("apply target group %s: %w", targetGroup(c.ID, r.role.Name), err))
	}
	if err := r.applyListener(ctx, c.Environment, s, w, group, port); err != nil {
		return refused(fmt.Errorf("apply listener at port %d: %w", port, err))
	}
	return nil
}

// refused gives the Problem that people must hear of, and any other error as it is.
func refused(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && slices.Contains(full, api.ErrorCode()) {
		return store.NewProblem(err, store.BalancerFull, api.ErrorCode())
	}
	return fault(err)
}

// port gives the environment's port: the one it has, unless somebody else's listener is there.
func (r *route) port(ctx context.Context, c *store.Claim, s routeSight, w way) (int, error) {
	var taken []int
	for _, l := range s.listeners {
		p := int(deref(l.Port))
		mine := slices.ContainsFunc(w.listeners, func(o elbtypes.Listener) bool { return deref(o.ListenerArn) == deref(l.ListenerArn) })
		if !mine {
			taken = append(taken, p)
		}
	}
	port, err := r.notebook.Allot(ctx, c, r.Kind(), r.pool(), ports(r.app.FirstPort, r.app.LastPort, taken))
	if errors.Is(err, store.ErrExhausted) {
		return 0, store.NewProblem(err, store.PortsFull, r.app.FirstPort, r.app.LastPort)
	}
	if err != nil {
		return 0, fmt.Errorf("allot a port: %w", err)
	}
	return port, nil
}

func (r *route) applyGroup(ctx context.Context, env store.Environment, s routeSight, w way) (arn string, err error) {
	if w.group != nil {
		arn = deref(w.group.TargetGroupArn)
		if !r.healthFits(*w.group) {
			if _, err := r.clients.ELB.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: &arn,
				HealthCheckPath: new(r.healthPath()), HealthCheckIntervalSeconds: new(int32(healthInterval)),
				HealthCheckTimeoutSeconds: new(int32(healthTimeout)), HealthyThresholdCount: new(int32(healthThreshold)),
				UnhealthyThresholdCount: new(int32(healthThreshold))}); err != nil {
				return "", err
			}
		}
	} else {
		out, err := r.clients.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: new(targetGroup(env.ID, r.role.Name)), TargetType: elbtypes.TargetTypeEnumIp, VpcId: s.balancer.VpcId,
			Protocol: elbtypes.ProtocolEnumHttp, Port: new(int32(r.role.Port)),
			HealthCheckProtocol: elbtypes.ProtocolEnumHttp, HealthCheckPath: new(r.healthPath()),
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

func (r *route) applyListener(ctx context.Context, env store.Environment, s routeSight, w way, group string, port int) error {
	forward := []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &group}}
	if len(w.listeners) == 0 {
		_, err := r.clients.ELB.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: s.balancer.LoadBalancerArn,
			Port: new(int32(port)), Protocol: r.protocol(), Certificates: r.certificates(), DefaultActions: forward,
			Tags: elbTags(r.app.marks(env))})
		// DuplicateListener: the list that we read lags behind. The next pass sees whose it is, and passes the port by.
		return err
	}
	for _, l := range w.listeners[1:] {
		if err := r.deleteListener(ctx, l); err != nil {
			return err
		}
	}
	if l := w.listeners[0]; !r.listenerFits(l, port, elbtypes.TargetGroup{TargetGroupArn: &group}) {
		_, err := r.clients.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: l.ListenerArn,
			Port: new(int32(port)), Protocol: r.protocol(), Certificates: r.certificates(), DefaultActions: forward})
		return err
	}
	return nil
}

func (r *route) deleteListener(ctx context.Context, l elbtypes.Listener) error {
	_, err := r.clients.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: l.ListenerArn})
	if err != nil && !coded(err, "ListenerNotFound", "ListenerNotFoundException") {
		return fmt.Errorf("delete listener: %w", err)
	}
	return nil
}

// Remove deletes the listener, then the target group. The port stays allotted.
func (r *route) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	ctx = store.WithClaim(ctx, c)
	s, err := r.look(ctx, []store.Environment{c.Environment})
	if err != nil {
		return fault(err)
	}
	w := r.way(c.Environment, s)
	for _, l := range w.listeners {
		if err := r.deleteListener(ctx, l); err != nil {
			return fault(err)
		}
	}
	if w.group == nil || w.foreign {
		return nil
	}
	_, err = r.clients.ELB.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: w.group.TargetGroupArn})
	if err != nil && !coded(err, "ResourceInUse", "TargetGroupNotFound") {
		return fault(fmt.Errorf("delete target group %s: %w", targetGroup(c.ID, r.role.Name), err))
	}
	return nil // in use: a listener is on its way out, the next call succeeds
}
