package app

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // an image of qabot alone has none

	"qabot/bot"
)

// Awake are the hours in which an app's environments are awake. Without From and Until they always are.
type Awake struct {
	From  string `yaml:"from" help:"When environments wake, such as 08:00. Outside of these hours they sleep, unless somebody needs one. Empty: they are always awake."`
	Until string `yaml:"until" help:"When they go to sleep, such as 20:00; 24:00 at the latest."`
	Days  string `yaml:"days" default:"mon-fri" help:"On which days: mon-fri, or mon, wed, sat."`
	Zone  string `yaml:"zone" default:"UTC" help:"Time zone of these hours, such as Asia/Tokyo."`
}

// none tells whether no hours are set.
func (a Awake) none() bool { return a.From == "" && a.Until == "" }

// hours reads them; every fault is added to f.
func (a Awake) hours(at string, f *checker) (h bot.Hours) {
	if a.none() {
		return h
	}
	var faults checker
	h.From, h.Until = clockTime(at+".from", a.From, &faults), clockTime(at+".until", a.Until, &faults)
	if len(faults) == 0 && h.Until <= h.From {
		faults.add(at+".until", "must be later than from, on the same day; 24:00 at the latest")
	}
	h.Days = weekdays(at+".days", a.Days, &faults)
	h.Zone = timeZone(at+".zone", a.Zone, &faults)
	*f = append(*f, faults...)
	return h
}

// clockTime reads 08:00 as the time since midnight.
func clockTime(at, text string, f *checker) time.Duration {
	var hour, minute int
	n, err := fmt.Sscanf(text, "%d:%d", &hour, &minute)
	right := err == nil && n == 2 && hour >= 0 && minute >= 0 && minute < 60 && (hour < 24 || hour == 24 && minute == 0)
	if !right || text != fmt.Sprintf("%02d:%02d", hour, minute) && text != fmt.Sprintf("%d:%02d", hour, minute) {
		f.add(at, fmt.Sprintf("%q is no time of day; try 08:00", text))
		return 0
	}
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
}

// timeZone reads Asia/Tokyo.
func timeZone(at, text string, f *checker) *time.Location {
	zone, err := time.LoadLocation(text)
	if err != nil || text == "" || strings.EqualFold(text, "local") {
		f.add(at, fmt.Sprintf("%q is no time zone; try Asia/Tokyo", text))
	}
	return zone
}

// weekdays reads mon-fri, or names with commas; a range may go over the end of the week.
func weekdays(at, text string, f *checker) (days [7]bool) {
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	for part := range strings.SplitSeq(strings.ToLower(text), ",") {
		first, last, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			last = first
		}
		i, j := slices.Index(names, strings.TrimSpace(first)), slices.Index(names, strings.TrimSpace(last))
		if i < 0 || j < 0 {
			f.add(at, fmt.Sprintf("%q are no days; try mon-fri, or mon, wed, sat", text))
			return days
		}
		for ; ; i = (i + 1) % len(names) {
			days[i] = true
			if i == j {
				break
			}
		}
	}
	return days
}
