package bot

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// office are the hours of a team in Tokyo.
func office(t interface{ Fatal(...any) }) Hours {
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	return Hours{From: 8 * time.Hour, Until: 20 * time.Hour, Days: [7]bool{false, true, true, true, true, true, false}, Zone: zone}
}

func TestHours(t *testing.T) {
	h := office(t)
	at := func(s string) time.Time {
		t.Helper()
		// 2026-11-23 is a Monday
		parsed, err := time.ParseInLocation("Mon 2006-01-02 15:04", s, h.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.UTC()
	}
	for _, c := range []struct {
		now               string
		open              bool
		ended, begin, end string
	}{
		{"Mon 2026-11-23 07:59", false, "Fri 2026-11-20 20:00", "Mon 2026-11-23 08:00", "Mon 2026-11-23 20:00"},
		{"Mon 2026-11-23 08:00", true, "Fri 2026-11-20 20:00", "Tue 2026-11-24 08:00", "Mon 2026-11-23 20:00"},
		{"Mon 2026-11-23 19:59", true, "Fri 2026-11-20 20:00", "Tue 2026-11-24 08:00", "Mon 2026-11-23 20:00"},
		{"Mon 2026-11-23 20:00", false, "Mon 2026-11-23 20:00", "Tue 2026-11-24 08:00", "Tue 2026-11-24 20:00"},
		{"Fri 2026-11-27 22:00", false, "Fri 2026-11-27 20:00", "Mon 2026-11-30 08:00", "Mon 2026-11-30 20:00"},
		{"Sun 2026-11-29 12:00", false, "Fri 2026-11-27 20:00", "Mon 2026-11-30 08:00", "Mon 2026-11-30 20:00"},
	} {
		now := at(c.now)
		if h.Open(now) != c.open || !h.ended(now).Equal(at(c.ended)) || !h.begin(now).Equal(at(c.begin)) || !h.end(now).Equal(at(c.end)) {
			t.Errorf("%s: open %v, ended %s, begins %s, ends %s", c.now, h.Open(now), h.ended(now).In(h.Zone), h.begin(now).In(h.Zone), h.end(now).In(h.Zone))
		}
	}
}

// At any time, whatever the days and the zone, and over changes of the clock: hours that are open end next, and closed ones
// ended before they begin next.
func TestHoursFollowEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Asia/Tokyo", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(0, 23*60).Draw(t, "from")
		until := rapid.IntRange(from+1, 24*60).Draw(t, "until")
		h := Hours{From: time.Duration(from) * time.Minute, Until: time.Duration(until) * time.Minute, Zone: zone}
		some := false
		for d := range h.Days {
			h.Days[d] = rapid.Bool().Draw(t, "day")
			some = some || h.Days[d]
		}
		if !some {
			h.Days[3] = true
		}
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "now"), 0)
		ended, begin, end := h.ended(now), h.begin(now), h.end(now)
		if ended.IsZero() || begin.IsZero() || end.IsZero() || ended.After(now) || !begin.After(now) || !end.After(now) {
			t.Fatalf("at %s: ended %s, begins %s, ends %s", now, ended, begin, end)
		}
		if h.Open(now) && end.After(begin) || !h.Open(now) && begin.After(end) {
			t.Fatalf("at %s open is %v, and it begins %s and ends %s", now, h.Open(now), begin, end)
		}
		// Of days that follow each other at midnight one ends as the next begins.
		if h.Open(ended) && !h.begin(ended.Add(-time.Nanosecond)).Equal(ended) {
			t.Fatalf("at its end %s it is open", ended)
		}
	})
}
