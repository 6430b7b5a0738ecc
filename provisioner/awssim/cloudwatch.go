package awssim

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Limits of GetMetricData, by its API reference.
const (
	queriesPerCall    = 500
	datapointsPerCall = 100_800
	metricMinute      = time.Minute // load balancers report each minute
)

// meter counts the requests of one target group that came by one load balancer, by minute. Health checks are none.
type meter map[time.Time]int

// count notes a request for which a target was chosen: no other is in RequestCount.
func (r *Region) count(balancer, group string) {
	at := r.clock.now
	if r.opts.Arrivals != nil {
		at = r.opts.Arrivals()
	}
	key := meterOf(dimension(balancer, "app/"), dimension(group, "targetgroup/"))
	if r.meters[key] == nil {
		r.meters[key] = meter{}
	}
	r.meters[key][at.UTC().Truncate(metricMinute)]++
}

func meterOf(balancer, group string) string { return balancer + " " + group }

// dimension is the part of an ARN that metrics name a thing by.
func dimension(arn, from string) string { return arn[max(strings.Index(arn, from), 0):] }

func (r *Region) cloudwatchRoutes(ops operations) {
	on(ops, metricsAPI, r.getMetricData)
}

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// getMetricData serves the sums of requests; what else CloudWatch has is refused, and metrics that nobody reported are empty.
func (r *Region) getMetricData(in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	if n := len(in.MetricDataQueries); n == 0 || n > queriesPerCall {
		return nil, fail("ValidationError", "MetricDataQueries must have between 1 and %d members, not %d", queriesPerCall, n)
	}
	if in.StartTime == nil || in.EndTime == nil || !in.StartTime.Before(*in.EndTime) {
		return nil, fail("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
	}
	var all []datum
	seen := map[string]bool{}
	for i, q := range in.MetricDataQueries {
		id := deref(q.Id)
		if !queryID.MatchString(id) || seen[id] {
			return nil, fail("ValidationError", "The value %q for parameter Id is invalid or not unique.", id)
		}
		seen[id] = true
		m, err := r.metered(q)
		if err != nil {
			return nil, err
		}
		all = append(all, m.between(i, *in.StartTime, *in.EndTime, time.Duration(deref(q.MetricStat.Period))*time.Second)...)
	}
	slices.SortStableFunc(all, func(a, b datum) int {
		if in.ScanBy == types.ScanByTimestampAscending {
			return a.at.Compare(b.at)
		}
		return b.at.Compare(a.at)
	})
	size := datapointsPerCall
	if n := int(deref(in.MaxDatapoints)); n > 0 {
		size = min(n, size)
	}
	points, next, ok := page(all, in.NextToken, size)
	if !ok {
		return nil, fail("InvalidNextToken", "The next token is not valid.")
	}
	out := &cloudwatch.GetMetricDataOutput{NextToken: next, Messages: []types.MessageData{}}
	for _, q := range in.MetricDataQueries {
		status := types.StatusCodeComplete
		if next != nil {
			status = types.StatusCodePartialData
		}
		out.MetricDataResults = append(out.MetricDataResults, types.MetricDataResult{Id: q.Id, Label: q.MetricStat.Metric.MetricName,
			StatusCode: status, Timestamps: []time.Time{}, Values: []float64{}})
	}
	for _, d := range points {
		result := &out.MetricDataResults[d.query]
		result.Timestamps, result.Values = append(result.Timestamps, d.at), append(result.Values, d.sum)
	}
	return out, nil
}

// metered finds what a query asks for; nil where nothing was reported.
func (r *Region) metered(q types.MetricDataQuery) (meter, error) {
	s := q.MetricStat
	switch {
	case s == nil || s.Metric == nil:
		return nil, fail("ValidationError", "the simulated region serves MetricStat only")
	case deref(s.Stat) != "Sum":
		return nil, fail("ValidationError", "the simulated region serves the statistic Sum only, not %q", deref(s.Stat))
	case deref(s.Period) < 60 || deref(s.Period)%60 != 0:
		return nil, fail("ValidationError", "The parameter Period must be a multiple of 60.")
	case deref(s.Metric.Namespace) != "AWS/ApplicationELB" || deref(s.Metric.MetricName) != "RequestCount" || len(s.Metric.Dimensions) != 2:
		return nil, nil
	}
	of := map[string]string{}
	for _, d := range s.Metric.Dimensions {
		of[deref(d.Name)] = deref(d.Value)
	}
	return r.meters[meterOf(of["LoadBalancer"], of["TargetGroup"])], nil
}

// datum is one sum of one query.
type datum struct {
	query int
	at    time.Time
	sum   float64
}

// between gives the sums of the periods that begin at start or later, and before end, in the order of time.
func (m meter) between(query int, start, end time.Time, period time.Duration) []datum {
	sums := map[time.Time]float64{}
	for at, n := range m {
		if at = at.Truncate(period); !at.Before(start.Truncate(metricMinute)) && at.Before(end) {
			sums[at] += float64(n)
		}
	}
	all := make([]datum, 0, len(sums))
	for at, sum := range sums {
		all = append(all, datum{query, at, sum})
	}
	slices.SortFunc(all, func(a, b datum) int { return a.at.Compare(b.at) })
	return all
}
