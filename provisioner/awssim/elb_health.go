package awssim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// target is one address in a target group.
type target struct {
	id     string // IP address
	port   int32
	task   *task // nil when no task of the region has the address: nothing answers there
	state  types.TargetHealthStateEnum
	reason types.TargetHealthReasonEnum
	text   string
	good   int32 // checks passed in a row
	bad    int32 // checks failed in a row
	booted bool  // has accepted a connection
}

func (r *Region) register(g *targetGroup, id string, port int32, t *task) {
	i := slices.IndexFunc(g.targets, func(x *target) bool { return x.id == id && x.port == port })
	if i >= 0 && g.targets[i].state != types.TargetHealthStateEnumDraining {
		return
	}
	if i >= 0 {
		g.targets = slices.Delete(g.targets, i, i+1)
	}
	x := &target{id: id, port: port, task: t, state: types.TargetHealthStateEnumInitial,
		reason: types.TargetHealthReasonEnumRegistrationInProgress, text: "Target registration is in progress"}
	g.targets = append(g.targets, x)
	r.clock.after(g.interval(), func() { r.check(g, x) })
}

// deregister lets targets drain and then forgets them.
func (r *Region) deregister(g *targetGroup, x *target) {
	if x.state == types.TargetHealthStateEnumDraining {
		return
	}
	x.state, x.reason = types.TargetHealthStateEnumDraining, types.TargetHealthReasonEnumDeregistrationInProgress
	x.text = "Target deregistration is in progress"
	r.clock.after(g.drainDelay(), func() {
		g.targets = slices.DeleteFunc(g.targets, func(y *target) bool { return y == x })
	})
}

// check makes one health check and arranges for the next.
func (r *Region) check(g *targetGroup, x *target) {
	if r.closed || r.groups[g.arn()] != g || !slices.Contains(g.targets, x) || x.state == types.TargetHealthStateEnumDraining {
		return
	}
	next := func() { r.clock.after(g.interval(), func() { r.check(g, x) }) }
	if len(r.balancersOf(g.arn())) == 0 {
		x.state, x.reason, x.text = types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotInUse, "Target group is not configured to receive traffic from the load balancer"
		x.good, x.bad = 0, 0
		next()
		return
	}
	if x.state == types.TargetHealthStateEnumUnused {
		x.state, x.reason, x.text = types.TargetHealthStateEnumInitial, types.TargetHealthReasonEnumInitialHealthChecking, "Initial health checks in progress"
	}
	c := x.container()
	switch {
	case c == nil || c.status != "RUNNING":
		r.checked(g, x, types.TargetHealthReasonEnumTimeout, "Request timed out")
	case c.process == nil && c.outcome.Unhealthy && c.outcome.Status < 0:
		r.checked(g, x, types.TargetHealthReasonEnumTimeout, "Request timed out")
	case c.process == nil && c.outcome.Unhealthy:
		r.checked(g, x, types.TargetHealthReasonEnumResponseCodeMismatch,
			fmt.Sprintf("Health checks failed with these codes: [%d]", cmp.Or(c.outcome.Status, http.StatusInternalServerError)))
	case c.process == nil:
		r.checked(g, x, "", "")
	default:
		r.probe(g, x, c, next)
		return
	}
	next()
}

func (x *target) container() *container {
	if x.task == nil {
		return nil
	}
	return x.task.containerWithPort(x.port)
}

// probe asks a real process, outside of the lock.
func (r *Region) probe(g *targetGroup, x *target, c *container, next func()) {
	port := int(x.port)
	if n, err := strconv.Atoi(deref(g.data.HealthCheckPort)); err == nil {
		port = n
	}
	url := "http://" + c.process.Addr(port) + *g.data.HealthCheckPath
	timeout, matcher := time.Duration(*g.data.HealthCheckTimeoutSeconds)*time.Second, deref(g.data.Matcher)
	boot := r.opts.Durations.ProcessBoot
	r.spawn(func() {
		status, err := get(r.ctx, url, timeout)
		r.locked(func() {
			if x.state == types.TargetHealthStateEnumDraining {
				return
			}
			x.booted = x.booted || err == nil
			switch {
			case err == nil && codeMatches(deref(matcher.HttpCode), status):
				r.checked(g, x, "", "")
			case err == nil:
				r.checked(g, x, types.TargetHealthReasonEnumResponseCodeMismatch, fmt.Sprintf("Health checks failed with these codes: [%d]", status))
			case x.booted || time.Since(c.launched) > boot:
				r.checked(g, x, types.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed")
			}
			next()
		})
	})
}

func get(ctx context.Context, url string, timeout time.Duration) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req) // redirects are answers to a health check
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// codeMatches knows "200", "200,302" and "200-299".
func codeMatches(matcher string, status int) bool {
	for part := range strings.SplitSeq(matcher, ",") {
		low, high, isRange := strings.Cut(part, "-")
		from, err := strconv.Atoi(strings.TrimSpace(low))
		if err != nil {
			continue
		}
		to := from
		if isRange {
			if to, err = strconv.Atoi(strings.TrimSpace(high)); err != nil {
				continue
			}
		}
		if from <= status && status <= to {
			return true
		}
	}
	return false
}

// checked counts one check; an empty reason means that it passed. A new target needs one pass, whatever the threshold.
func (r *Region) checked(g *targetGroup, x *target, reason types.TargetHealthReasonEnum, text string) {
	before := x.state
	if reason == "" {
		x.good, x.bad = x.good+1, 0
		if before == types.TargetHealthStateEnumInitial || x.good >= *g.data.HealthyThresholdCount {
			x.state, x.reason, x.text = types.TargetHealthStateEnumHealthy, "", ""
		}
	} else {
		x.good, x.bad = 0, x.bad+1
		if x.bad >= *g.data.UnhealthyThresholdCount {
			x.state, x.reason, x.text = types.TargetHealthStateEnumUnhealthy, reason, text
		}
	}
	if x.task == nil || x.task.service == nil {
		return
	}
	if x.state != before || x.state == types.TargetHealthStateEnumUnhealthy {
		r.targetChanged(g, x)
	}
}

func (r *Region) registerTargets(in *elb.RegisterTargetsInput) (*elb.RegisterTargetsOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	for _, d := range in.Targets {
		port := *g.data.Port
		if d.Port != nil {
			port = *d.Port
		}
		r.register(g, deref(d.Id), port, r.taskAt(deref(d.Id)))
	}
	return &elb.RegisterTargetsOutput{}, nil
}

// taskAt is the task that has the address.
func (r *Region) taskAt(ip string) *task {
	for _, t := range r.tasks {
		if t.ip == ip {
			return t
		}
	}
	return nil
}

// targetsLike are the targets of a group that a description means; without a port all of that address.
func (g *targetGroup) targetsLike(d types.TargetDescription) []*target {
	var found []*target
	for _, x := range g.targets {
		if x.id == deref(d.Id) && (d.Port == nil || *d.Port == x.port) {
			found = append(found, x)
		}
	}
	return found
}

func (r *Region) deregisterTargets(in *elb.DeregisterTargetsInput) (*elb.DeregisterTargetsOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	for _, d := range in.Targets {
		for _, x := range g.targetsLike(d) {
			r.deregister(g, x)
		}
	}
	return &elb.DeregisterTargetsOutput{}, nil
}

func (r *Region) describeTargetHealth(in *elb.DescribeTargetHealthInput) (*elb.DescribeTargetHealthOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeTargetHealthOutput{}
	asked := g.targets
	if len(in.Targets) > 0 {
		asked = nil
		for _, d := range in.Targets {
			like := g.targetsLike(d)
			if len(like) == 0 {
				out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, types.TargetHealthDescription{Target: &d,
					TargetHealth: &types.TargetHealth{State: types.TargetHealthStateEnumUnused, Reason: types.TargetHealthReasonEnumNotRegistered,
						Description: new("Target is not registered to the target group")}})
			}
			asked = append(asked, like...)
		}
	}
	for _, x := range asked {
		h := &types.TargetHealth{State: x.state, Reason: x.reason}
		if x.text != "" {
			h.Description = &x.text
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, types.TargetHealthDescription{
			Target: &types.TargetDescription{Id: &x.id, Port: &x.port}, TargetHealth: h, HealthCheckPort: new(strconv.Itoa(int(x.port)))})
	}
	return out, nil
}
