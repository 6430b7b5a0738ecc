package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/manifests"
)

func TestAwake(t *testing.T) {
	for text, want := range map[string][7]bool{ // from Sunday on
		"mon-fri":       {false, true, true, true, true, true, false},
		"Mon, wed ,SAT": {false, true, false, true, false, false, true},
		"fri-mon":       {true, true, false, false, false, true, true},
		"sun":           {true},
	} {
		var f checker
		h := Awake{From: "08:30", Until: "24:00", Days: text, Zone: "Asia/Tokyo"}.hours("x", &f)
		if len(f) > 0 || h.Days != want || h.From != 8*time.Hour+30*time.Minute || h.Until != 24*time.Hour || h.Zone.String() != "Asia/Tokyo" {
			t.Errorf("%s: %+v, faults %v", text, h, f)
		}
	}
	if h := (Awake{Days: "mon-fri", Zone: "UTC"}).hours("x", &checker{}); !h.None() {
		t.Errorf("without hours there are some: %+v", h)
	}
}

// TestAwakeInAFile: faults are told with their lines, and times need no quotes.
func TestAwakeInAFile(t *testing.T) {
	with := func(lines string) (*Config, error) {
		return Decode("qabot.yaml", []byte(strings.Replace(manifests.Configuration, "    ttl: 72h\n", "    ttl: 72h\n"+lines, 1)))
	}
	c, err := with("    awake: {from: 08:00, until: \"20:00\", zone: Asia/Tokyo}\n")
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Apps[0].Awake; a != (Awake{"08:00", "20:00", "mon-fri", "Asia/Tokyo"}) {
		t.Errorf("read as %+v", a)
	}
	line := 1 + strings.Count(manifests.Configuration[:strings.Index(manifests.Configuration, "    ttl: 72h\n")], "\n")
	for lines, want := range map[string][]string{
		"    awake:\n      from: 8 o'clock\n      until: 25:00\n      days: mo-fr\n      zone: Tokio\n": {
			"awake.from", "awake.until", "awake.days", "awake.zone",
		},
		"    awake:\n      from: 20:00\n      until: 08:00\n": {"", "awake.until"},
		"    awake:\n      from: 20:00\n":                     {"awake.until"},
	} {
		_, err := with(lines)
		if err == nil {
			t.Errorf("%q was accepted", lines)
			continue
		}
		for i, path := range want {
			at := line + 2 + i
			if path == "awake.until" && !strings.Contains(lines, "until") {
				at = line + 1 // of awake itself
			}
			faults := err.(*Faults).List
			if path != "" && !slices.ContainsFunc(faults, func(f Fault) bool { return f.Path == "apps[0]."+path && f.Line == at }) {
				t.Errorf("no fault at line %d for %s:\n%v", at, path, err)
			}
		}
	}
}
