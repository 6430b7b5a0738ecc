package bot

import (
	"time"
)

// Hours are when an app's environments are awake: outside of them they sleep, unless somebody needs one.
type Hours struct {
	From, Until time.Duration // since midnight
	Days        [7]bool       // by time.Weekday
	Zone        *time.Location
}

// None tells whether there are no hours, so that nothing is put to sleep.
func (h Hours) None() bool { return h.Zone == nil }

// week is as far as the hours have to be looked through: they are the same each week.
const week = 7

// of gives the hours of the day that is so many days from t's; ok is false when there are none on that day.
func (h Hours) of(t time.Time, days int) (from, until time.Time, ok bool) {
	year, month, day := t.In(h.Zone).Date()
	at := func(d time.Duration) time.Time {
		return time.Date(year, month, day+days, int(d/time.Hour), int(d%time.Hour/time.Minute), 0, 0, h.Zone)
	}
	return at(h.From), at(h.Until), h.Days[at(0).Weekday()]
}

// Open tells whether environments are awake at that time.
func (h Hours) Open(t time.Time) bool {
	from, until, ok := h.of(t, 0)
	return ok && !t.Before(from) && t.Before(until)
}

// ended gives the last end of the hours at or before t.
func (h Hours) ended(t time.Time) time.Time {
	for days := 0; days >= -week; days-- {
		if _, until, ok := h.of(t, days); ok && !until.After(t) {
			return until
		}
	}
	return time.Time{}
}

// begin gives the next beginning of the hours after t.
func (h Hours) begin(t time.Time) time.Time {
	for days := range week + 1 {
		if from, _, ok := h.of(t, days); ok && from.After(t) {
			return from
		}
	}
	return time.Time{}
}

// end gives the next end of the hours after t.
func (h Hours) end(t time.Time) time.Time {
	for days := range week + 1 {
		if _, until, ok := h.of(t, days); ok && until.After(t) {
			return until
		}
	}
	return time.Time{}
}
