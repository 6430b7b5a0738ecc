package keyspace

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qabot/store"
)

func TestLeaks(t *testing.T) {
	w := newNumbers(t, 0, 0, nil)
	w.must(w.apply())
	in := w.in(10)
	keys := []string{Name(w.id) + ":cart", "qa_gone_abcdefg:x", "qa_gone_abcdefg:y", "queue:default", "queues", "6f1ed002ab5595859014ebf0951522d9"}
	for i := range 40 {
		keys = append(keys, fmt.Sprintf("rack::attack:%d:logins/ip:10.0.0.%d", i, i))
	}
	for c := 'a'; c < 'a'+9; c++ {
		keys = append(keys, "session:"+strings.Repeat(string(c), 8))
	}
	for _, key := range keys {
		w.must(in.Set(t.Context(), key, "x", 0).Err())
	}
	w.must(in.HSet(t.Context(), markerOf("qa_theirs"), fieldInstallation, "another").Err())
	w.must(in.Set(t.Context(), "qa_theirs:x", "x", 0).Err())
	found, err := w.Leaks(t.Context(), []store.Environment{{ID: w.id}})
	w.must(err)
	want := []store.Leak{
		{Pattern: "rack::attack:*", Keys: 40, Example: "rack::attack:0:logins/ip:10.0.0.0", Maker: "Rack::Attack"},
		{Pattern: "session:*", Keys: 9, Example: "session:aaaaaaaa", Maker: "sessions"},
		{Pattern: "qa_gone_abcdefg:*", Keys: 2, Example: "qa_gone_abcdefg:x"},
		{Pattern: "*", Keys: 1, Example: "6f1ed002ab5595859014ebf0951522d9"},
		{Pattern: "queue:default", Keys: 1, Example: "queue:default", Maker: "Sidekiq"},
		{Pattern: "queues", Keys: 1, Example: "queues", Maker: "Sidekiq"},
	}
	for i := range found.Found { // which of alike keys is met first is the server's to say
		if i < len(want) && strings.HasPrefix(found.Found[i].Example, strings.TrimSuffix(want[i].Pattern, "*")) {
			found.Found[i].Example = want[i].Example
		}
	}
	if diff := cmp.Diff(want, found.Found); diff != "" {
		t.Error(diff)
	}
	said := fmt.Sprint(w.Examine(t.Context(), []store.Environment{{ID: w.id}}))
	if !strings.Contains(said, "40 rack::attack:* (Rack::Attack) such as rack::attack:") {
		t.Errorf("the doctor says %s", said)
	}
}

func TestSampleStandsForTheWhole(t *testing.T) {
	got := most(map[string]*store.Leak{"a:*": {Pattern: "a:*", Keys: 30}, "b": {Pattern: "b", Keys: 1}}, 5000, 100)
	want := []store.Leak{{Pattern: "a:*", Keys: 1500}, {Pattern: "b", Keys: 50}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLongestRun(t *testing.T) {
	for _, c := range []struct {
		taken       []int
		first, last int
	}{
		{nil, 1, 15}, {[]int{9}, 1, 8}, {[]int{1, 2, 9}, 10, 15}, {[]int{4, 8, 12}, 13, 15}, {[]int{15, 3}, 4, 14},
		{[]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 0, 0},
	} {
		if first, last := longestRun(func(n int) bool { return !slices.Contains(c.taken, n) }); first != c.first || last != c.last {
			t.Errorf("without %v: %d to %d, want %d to %d", c.taken, first, last, c.first, c.last)
		}
	}
}
