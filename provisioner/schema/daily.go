package schema

import "time"

// Daily is a time of day, on some days of the week.
type Daily struct {
	At   time.Duration // since midnight
	Days [7]bool       // by time.Weekday
	Zone *time.Location
}

// Last is the newest such moment that is not after now; zero: there is none. A time that a day leaves out, as clocks are put
// forward, is where time.Date puts it.
func (d Daily) Last(now time.Time) time.Time {
	zone := d.Zone
	if zone == nil {
		zone = time.UTC
	}
	year, month, day := now.In(zone).Date()
	for back := range len(d.Days) + 1 {
		at := time.Date(year, month, day-back, 0, int(d.At.Minutes()), 0, 0, zone)
		if d.Days[at.Weekday()] && !at.After(now) {
			return at
		}
	}
	return time.Time{}
}
