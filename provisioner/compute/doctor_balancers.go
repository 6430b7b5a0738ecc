package compute

import (
	"context"
	"fmt"
	"strings"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/store"
)

// nearlyFull is the share of a limit from which on somebody should do something.
const nearlyFull = 0.8

// balancers looks at the QA load balancers and how much of them is left.
func (d examiner) balancers(ctx context.Context) store.Finding {
	if d.app.LoadBalancer == "" {
		return store.Finding{Verdict: store.Skipped, What: "load balancer", Said: "no role has a port"}
	}
	most, err := limits(ctx, d.clients)
	if err != nil {
		return trouble("load balancer "+d.app.LoadBalancer, err, "")
	}
	r := &route{app: d.app, clients: d.clients, balancers: d.app.shared(d.clients, Options{})}
	var below []store.Finding
	for i := range r.balancers {
		below = append(below, d.balancer(ctx, r, i, most))
	}
	if len(below) == 1 {
		return below[0]
	}
	return store.Found("load balancers", below...)
}

func (d examiner) balancer(ctx context.Context, r *route, i int, most map[string]int) store.Finding {
	what := "load balancer " + r.balancers[i].name
	h, err := r.hall(ctx, i)
	if err != nil {
		return trouble(what, err, "load_balancer.name: the QA load balancer, which manifests/terraform makes")
	}
	if h.Type != elbtypes.LoadBalancerTypeEnumApplication {
		return bad(what, "it is no application load balancer", "load_balancer.name")
	}
	found := []store.Finding{good("address", "%s", deref(h.DNSName))}
	if d.app.ByHost {
		found = append(found, d.sharedListener(h), d.room(h, most, limitRules, "rules"))
	} else {
		found = append(found, d.room(h, most, limitListeners, "listeners"))
	}
	found = append(found, d.room(h, most, limitGroups, "target groups"))
	if i == 0 {
		found = append(found, d.allGroups(ctx, most))
	}
	if !d.app.ByHost {
		found = append(found, d.strangers(h))
	}
	return store.Found(what, found...)
}

// sharedListener looks whether the listener is there that the rules are put on.
func (d examiner) sharedListener(h hall) store.Finding {
	if h.shared == nil {
		return bad("listener", fmt.Sprintf("there is none at port %d", d.app.Listener), "listener_port of manifests/terraform, or load_balancer.listener")
	}
	if secure := h.shared.Protocol == elbtypes.ProtocolEnumHttps; secure != (d.app.Listener == 443 || h.Certificate != "") {
		return bad("listener", fmt.Sprintf("at port %d it speaks %s, and the URLs would say otherwise", d.app.Listener, h.shared.Protocol), "load_balancer.listener, or load_balancer.certificate")
	}
	return good("listener", "at port %d", d.app.Listener)
}

// room compares what a load balancer has with a limit of the account.
func (d examiner) room(h hall, most map[string]int, limit, things string) store.Finding {
	what, may := "room for "+things, most[limit]
	if may == 0 {
		return store.Finding{Verdict: store.Skipped, What: what, Said: "the account does not say how many " + things + " it may have"}
	}
	each, n := 0, h.used(d.app.ByHost)[limit]
	for _, r := range d.app.Roles {
		if r.Port > 0 {
			each++
		}
	}
	said := fmt.Sprintf("%d of %d %s are taken: room for %d more environment(s)", n, may, things, (may-n)/max(each, 1))
	if float64(n) >= nearlyFull*float64(may) {
		return bad(what, said, "a raise of the quota for "+things+" per Application Load Balancer, load_balancer.more, or fewer environments")
	}
	return good(what, "%s", said)
}

// allGroups compares the target groups of the whole Region with their limit.
func (d examiner) allGroups(ctx context.Context, most map[string]int) store.Finding {
	const what = "room in the Region"
	all, err := balancer{clients: d.clients}.pages(ctx, &elb.DescribeTargetGroupsInput{PageSize: new(int32(pageOfBalancer))})
	limit := most[limitAllGroups]
	switch {
	case err != nil:
		return trouble(what, err, "")
	case limit == 0:
		return store.Finding{Verdict: store.Skipped, What: what, Said: "the account does not say how many target groups it may have"}
	}
	said := fmt.Sprintf("%d of %d target groups are taken", len(all), limit)
	if float64(len(all)) >= nearlyFull*float64(limit) {
		return bad(what, said, "a raise of the quota for target groups per Region")
	}
	return good(what, "%s", said)
}

// strangers tells of listeners outside the ports of environments: it may be staging's own load balancer.
func (d examiner) strangers(h hall) store.Finding {
	var outside []string
	for _, one := range h.doors {
		if _, p := place(one.number); p < d.app.FirstPort || p > d.app.LastPort {
			outside = append(outside, fmt.Sprint(p))
		}
	}
	if len(outside) == 0 {
		return good("ports", "%d to %d are environments' alone", d.app.FirstPort, d.app.LastPort)
	}
	return good("ports", "somebody else's listeners are at %s; they are never touched", strings.Join(outside, ", "))
}
