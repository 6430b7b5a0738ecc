package awssim

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"
)

// requests asks for the requests that came to target groups by the load balancer, minute by minute.
func (w *world) requests(groups ...string) *cloudwatch.GetMetricDataInput {
	in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(w.Now().Add(-time.Hour)), EndTime: aws.Time(w.Now().Add(time.Minute))}
	for i, group := range groups {
		in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{Id: new(fmt.Sprintf("m%d", i)), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: new("AWS/ApplicationELB"), MetricName: new("RequestCount"), Dimensions: []types.Dimension{
				{Name: new("TargetGroup"), Value: new(dimension(group, "targetgroup/"))},
				{Name: new("LoadBalancer"), Value: new(dimension(w.lb, "app/"))},
			}},
			Period: new(int32(60)), Stat: new("Sum"),
		}})
	}
	return in
}

// Requests that reach a target are counted, by minute; health checks and what no target could be chosen for are not.
func TestRequestsAreCounted(t *testing.T) {
	w := newWorld(t)
	group, empty := w.serve("app", 1), w.group("empty")
	w.listen(8100, empty)
	w.Advance(time.Hour) // of health checks
	ask := func(port int32, times int) {
		for range times {
			w.ListenerHandler("qa", port).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}
	}
	from := w.Now().UTC().Truncate(time.Minute)
	ask(8000, 2)
	ask(8100, 3) // 503
	w.Advance(3 * time.Minute)
	ask(8000, 1)

	out := must[*cloudwatch.GetMetricDataOutput](t)(w.metrics.GetMetricData(w.ctx, w.requests(group, empty)))
	got := out.MetricDataResults
	want := []types.MetricDataResult{
		{Id: new("m0"), Label: new("RequestCount"), StatusCode: types.StatusCodeComplete, Values: []float64{1, 2}, Timestamps: []time.Time{from.Add(3 * time.Minute), from}},
		{Id: new("m1"), Label: new("RequestCount"), StatusCode: types.StatusCodeComplete, Values: []float64{}, Timestamps: []time.Time{}},
	}
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("newest first (-want +got):\n%s", diff)
	}

	in := w.requests(group)
	in.MaxDatapoints, in.ScanBy = new(int32(1)), types.ScanByTimestampAscending
	var sums []float64
	pages := cloudwatch.NewGetMetricDataPaginator(w.metrics, in)
	for pages.HasMorePages() {
		page := must[*cloudwatch.GetMetricDataOutput](t)(pages.NextPage(w.ctx))
		sums = append(sums, page.MetricDataResults[0].Values...)
	}
	if !cmp.Equal(sums, []float64{2, 1}) {
		t.Errorf("in pages, oldest first: %v", sums)
	}

	in = w.requests(group)
	in.MetricDataQueries[0].MetricStat.Period = new(int32(3600))
	if out := must[*cloudwatch.GetMetricDataOutput](t)(w.metrics.GetMetricData(w.ctx, in)); !cmp.Equal(out.MetricDataResults[0].Values, []float64{3}) {
		t.Errorf("in an hour: %v", out.MetricDataResults[0].Values)
	}
	many := make([]string, queriesPerCall+1)
	for i := range many {
		many[i] = group
	}
	_, err := w.metrics.GetMetricData(w.ctx, w.requests(many...))
	w.refused(err, "ValidationError")
	in.EndTime = in.StartTime
	_, err = w.metrics.GetMetricData(w.ctx, in)
	w.refused(err, "ValidationError")
}
