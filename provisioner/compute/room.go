package compute

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"qabot/store"
)

// The account's limits, by the names that AWS has for them.
const (
	limitListeners = "listeners-per-application-load-balancer"
	limitRules     = "rules-per-application-load-balancer"
	limitGroups    = "target-groups-per-application-load-balancer"
	limitAllGroups = "target-groups"
)

// spare is what is left of a load balancer's limits when the next one is filled: several environments come up at the same time.
const spare = 4

// limits are the account's for load balancing, by name; what the account does not tell is missing.
func limits(ctx context.Context, c *Clients) (map[string]int, error) {
	most := map[string]int{}
	in := &elb.DescribeAccountLimitsInput{PageSize: aws.Int32(pageOfBalancer)}
	for {
		out, err := c.ELB.DescribeAccountLimits(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("describe account limits: %w", err)
		}
		for _, l := range out.Limits {
			if n, err := strconv.Atoi(deref(l.Max)); err == nil {
				most[deref(l.Name)] = n
			}
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			return most, nil
		}
	}
}

// used counts what a load balancer has of what is limited, by the limit's name.
func (h hall) used(byHost bool) map[string]int {
	var groups []string
	for _, d := range h.doors {
		if d.group != "" {
			groups = append(groups, d.group)
		}
	}
	n := map[string]int{limitGroups: len(unique(groups)), limitListeners: len(h.doors)}
	if byHost {
		delete(n, limitListeners)
		n[limitRules] = len(h.doors)
	}
	return n
}

// roomy tells which load balancers may be filled further: with several, those that are not near a limit. The last one is
// filled to its end.
func (r *route) roomy(ctx context.Context, halls []hall) ([]bool, error) {
	open := make([]bool, len(halls))
	for i, h := range halls {
		open[i] = !r.app.ByHost || h.shared != nil
	}
	if len(halls) == 1 {
		return open, nil
	}
	now := r.now()
	most, known := recall[map[string]int](&r.clients.memory, "limits", now)
	if !known {
		var err error
		if most, err = limits(ctx, r.clients); err != nil {
			return nil, err
		}
		r.clients.memory.keep("limits", most, now.Add(brief))
	}
	for i, h := range halls[:len(halls)-1] {
		for limit, n := range h.used(r.app.ByHost) {
			if most, told := most[limit]; told && n+spare >= most {
				open[i] = false
			}
		}
		if _, refused := recall[bool](&r.clients.memory, "full/"+h.Name, now); refused {
			open[i] = false
		}
	}
	return open, nil
}

// candidates gives the numbers that the route could have: where nobody else is, and that none of the environment's other
// routes is to have. A place that it has already is not given up because the load balancer is full; a new one is looked for
// first where the environment's other routes are.
func (r *route) candidates(ctx context.Context, env store.Environment, s routeSight, w way) ([]int, error) {
	open, err := r.roomy(ctx, s.halls)
	if err != nil {
		return nil, err
	}
	var taken, order []int
	for k, n := range env.Allotted {
		if k.Sort() == r.Kind().Sort() && k != r.Kind() {
			taken = append(taken, n)
			if i, _ := place(n); i < len(s.halls) {
				order = append(order, i)
			}
		}
	}
	for i, h := range s.halls {
		order = append(order, i)
		for _, d := range h.doors {
			if !slices.ContainsFunc(w.doors, func(o door) bool { return o.arn == d.arn }) {
				taken = append(taken, d.number)
			}
		}
	}
	var all []int
	seen := map[int]bool{}
	if len(w.doors) == 1 {
		i, _ := place(w.doors[0].number)
		all, seen[i] = r.free(s.halls, i, taken), true
	}
	for _, i := range order {
		if open[i] && !seen[i] {
			seen[i] = true
			all = append(all, r.free(s.halls, i, taken)...)
		}
	}
	return all, nil
}

// free gives the numbers of one load balancer that nobody has.
func (r *route) free(halls []hall, i int, taken []int) (all []int) {
	if i >= len(halls) || r.app.ByHost && halls[i].shared == nil {
		return nil
	}
	if r.app.ByHost {
		for n := 1; n <= mostRules; n++ {
			if !slices.Contains(taken, number(i, n)) {
				all = append(all, number(i, n))
			}
		}
		return all
	}
	var local []int
	for _, n := range taken {
		if j, port := place(n); j == i {
			local = append(local, port)
		}
	}
	for _, p := range ports(r.app.FirstPort, r.app.LastPort, local) {
		all = append(all, number(i, p))
	}
	return all
}

// exhausted is what people hear when there is no number left.
func (r *route) exhausted(s routeSight, err error) error {
	for _, h := range s.halls {
		if r.app.ByHost && h.shared == nil {
			return store.NewProblem(err, store.ListenerMissing, h.Name, r.app.Listener)
		}
	}
	if r.app.ByHost {
		return store.NewProblem(err, store.BalancerFull, r.app.LoadBalancer, "full.TooManyRules")
	}
	return store.NewProblem(err, store.PortsFull, r.app.FirstPort, r.app.LastPort)
}
