package compute

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"qabot/provisioner"
	"qabot/store"
)

const (
	// requestMinute is how finely load balancers report requests, and only where there were some; health checks are no part
	// of it (Elastic Load Balancing, CloudWatch metrics for your Application Load Balancer).
	requestMinute = time.Minute
	// metricsPerCall is what GetMetricData takes in one call. What is paid for are metrics, whatever span of time is asked for.
	metricsPerCall = 500
	// usageSpan is how far back each look goes: two of them may lie that far apart before a request is missed, and 500 metrics
	// of that many minutes fit into the 100,800 datapoints of one answer.
	usageSpan = 3 * time.Hour
)

// Usage tells when people last used environments, by the requests that load balancers counted. It changes nothing.
type Usage struct {
	apps    map[string]App
	clients *Clients
	since   time.Time // what qabot itself had asked roles before is not known
	Options
}

// NewUsage looks at environments of those apps.
func NewUsage(clients *Clients, o Options, apps ...App) *Usage {
	u := &Usage{apps: map[string]App{}, clients: clients, since: o.now().UTC().Truncate(requestMinute), Options: o}
	for _, a := range apps {
		u.apps[a.Name] = a
	}
	return u
}

// tap is where the requests to one role are counted.
type tap struct {
	id              store.ID
	url             string // of the role
	group, balancer string // as metrics name them
}

// Last gives the newest minute in which an environment had requests that were not qabot's own; one that had none lately is
// missing. Environments that sleep, or that nobody wants, are not looked at.
func (u *Usage) Last(ctx context.Context, envs []store.Environment) (map[store.ID]time.Time, error) {
	taps, err := u.taps(ctx, envs)
	if err != nil {
		return nil, err
	}
	return u.count(ctx, taps)
}

// count gives the newest minute of use of each environment.
func (u *Usage) count(ctx context.Context, taps []tap) (map[store.ID]time.Time, error) {
	last := map[store.ID]time.Time{}
	for part := range slices.Chunk(taps, metricsPerCall) {
		if err := u.read(ctx, part, last); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// taps finds the target groups of all roles that people can open.
func (u *Usage) taps(ctx context.Context, envs []store.Environment) (taps []tap, err error) {
	ctx = provisioner.LookAtRest(ctx) // the target groups are listed once
	for name, app := range u.apps {
		for _, role := range app.Roles {
			var names []string
			mine := map[string]store.Environment{}
			for _, env := range envs {
				if env.Spec.App == name && role.Port != 0 && !env.Spec.Asleep && !env.Spec.Gone(u.now()) {
					group := targetGroup(env.ID, role.Name)
					names, mine[group] = append(names, group), env
				}
			}
			if len(names) == 0 {
				continue
			}
			groups, err := app.shared(u.clients, u.Options)[0].groups(ctx, names)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				env := mine[name]
				for _, balancer := range groups[name].LoadBalancerArns {
					taps = append(taps, tap{id: env.ID, url: app.url(env.ID, role.Name, env.Allotted[store.Of("route", role.Name)]),
						group: dimension(deref(groups[name].TargetGroupArn), "targetgroup/"), balancer: dimension(balancer, "app/")})
				}
			}
		}
	}
	return taps, nil
}

// dimension is the part of an ARN by which metrics name a thing.
func dimension(arn, from string) string { return arn[max(strings.Index(arn, from), 0):] }

// read asks for the requests of at most metricsPerCall roles.
func (u *Usage) read(ctx context.Context, taps []tap, last map[store.ID]time.Time) error {
	now := u.now()
	start := u.since
	if early := now.Add(-usageSpan); start.Before(early) {
		start = early
	}
	in := &cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: new(now.Add(requestMinute)), ScanBy: cwtypes.ScanByTimestampDescending}
	for i, t := range taps {
		in.MetricDataQueries = append(in.MetricDataQueries, cwtypes.MetricDataQuery{Id: new("m" + strconv.Itoa(i)), MetricStat: &cwtypes.MetricStat{
			Metric: &cwtypes.Metric{Namespace: new("AWS/ApplicationELB"), MetricName: new("RequestCount"), Dimensions: []cwtypes.Dimension{
				{Name: new("LoadBalancer"), Value: &t.balancer}, {Name: new("TargetGroup"), Value: &t.group},
			}},
			Period: new(int32(requestMinute.Seconds())), Stat: new("Sum"),
		}})
	}
	pages := cloudwatch.NewGetMetricDataPaginator(u.clients.Metrics, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("get counts of requests: %w", err)
		}
		for _, r := range page.MetricDataResults {
			i, err := strconv.Atoi(strings.TrimPrefix(deref(r.Id), "m"))
			if err != nil || i >= len(taps) || len(r.Values) != len(r.Timestamps) {
				return fmt.Errorf("get counts of requests: an answer for %q that was not asked for", deref(r.Id))
			}
			for j, at := range r.Timestamps {
				if int(r.Values[j]) > u.clients.asks.in(taps[i].url, at) && at.After(last[taps[i].id]) {
					last[taps[i].id] = at
				}
			}
		}
	}
	return nil
}
