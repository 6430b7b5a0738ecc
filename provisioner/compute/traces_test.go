package compute

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/store"
)

func TestTracesAreWhatBearsOurTags(t *testing.T) {
	w := newWorld(t)
	w.push("c1")
	w.untilPhase(store.Up)
	w.region.Advance(time.Hour) // the Tagging API lags
	other, err := Traces(t.Context(), w.clients, "acm")
	if err != nil || len(other) > 0 {
		t.Errorf("another installation finds %v (%v)", other, err)
	}
	traces, err := Traces(t.Context(), w.clients, "acme")
	if err != nil {
		t.Fatal(err)
	}
	var sorts []string
	for _, tr := range traces {
		name := tr.What.Args[0]
		if tr.Environment != w.id || tr.App != "shop" || tr.Doubt != "" {
			t.Errorf("%+v is not the environment's", tr)
		}
		sorts = append(sorts, name[:strings.IndexAny(name, "/")])
	}
	slices.Sort(sorts)
	want := []string{"ecs service", "ecs task", "ecs task-definition", "elasticloadbalancing listener", "elasticloadbalancing targetgroup", "ssm parameter"}
	if got := slices.Compact(sorts); !slices.Equal(got, want) {
		t.Errorf("traces of %v, want %v", got, want)
	}
}
