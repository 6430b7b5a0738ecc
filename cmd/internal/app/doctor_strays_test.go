package app

import (
	"strings"
	"testing"

	"qabot/store"
)

func TestDoctorCountsStrays(t *testing.T) {
	for reason, c := range map[string]struct {
		strays  []store.Stray
		known   int
		verdict store.Verdict
		said    string
	}{
		"nothing is left":                         {nil, 2, store.Good, "none"},
		"what a row knows of goes by itself":      {[]store.Stray{{ID: "a-1", Standing: store.Unburied}}, 2, store.Good, "none"},
		"what is not ours is only named":          {[]store.Stray{{ID: "a-1", Standing: store.Doubtful}}, 2, store.Good, "never touched: a-1"},
		"what no row knows of waits for somebody": {[]store.Stray{{ID: "a-1", Standing: store.Unknownst}, {ID: "b-2", Standing: store.Unknownst}}, 2, store.Bad, "2 environment(s)"},
		"an empty store may be the wrong one":     {[]store.Stray{{ID: "a-1", Standing: store.Unknownst}}, 0, store.Skipped, "is it the one that qabot serves with?"},
	} {
		f := judgeStrays(c.strays, c.known)
		if f.Verdict != c.verdict || !strings.Contains(f.Said, c.said) || strings.Contains(f.Fix, "qabot gc") != (c.verdict == store.Bad) {
			t.Errorf("%s: %+v", reason, f)
		}
	}
}
