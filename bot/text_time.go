package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// Units of a length of time.
const (
	unitSeconds = "unit.seconds" // seconds
	unitMinutes = "unit.minutes" // minutes, seconds
	unitHours   = "unit.hours"   // hours, minutes
	unitDays    = "unit.days"    // days, hours
)

// span says a length of time as people do: 45s, 4m 2s, 3h 5m, 2d 4h.
func (t texts) span(d time.Duration) string {
	d = max(d.Round(time.Second), 0)
	said := func(code string, whole, rest int) string {
		return t.plain(t.of(code).Say, strconv.Itoa(whole), strconv.Itoa(rest))
	}
	switch {
	case d < time.Minute:
		return said(unitSeconds, int(d.Seconds()), 0)
	case d < time.Hour:
		return said(unitMinutes, int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return said(unitHours, int(d.Hours()), int(d.Minutes())%60)
	}
	return said(unitDays, int(d.Hours())/24, int(d.Hours())%24)
}

// when shows a time in the reader's own time zone, and stays true without edits.
func (t texts) when(at time.Time) string {
	return fmt.Sprintf("<!date^%d^%s|%s>", at.Unix(), t.date, utc(at))
}

// dateElement is when, for rich text.
func (t texts) dateElement(at time.Time) element {
	return slack.NewRichTextSectionDateElement(at.Unix(), t.date, nil, ref(utc(at)))
}

// listed writes names one after another.
func (t texts) listed(names []string) string { return strings.Join(names, t.list) }

func utc(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// stamp writes a time as an argument for {n:date}.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// date reads an argument of the form date.
func date(form, arg string) (time.Time, bool) {
	if form != "date" {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, arg)
	return at, err == nil
}

// written gives an argument in the form that its template asks for; ours is true when the words are the catalogue's.
// What does not have that form stays as it is; a code without words is given by its last part.
func (t texts) written(form, arg string) (said string, ours bool) {
	switch form {
	case "span":
		if d, err := time.ParseDuration(arg); err == nil {
			return t.span(d), true
		}
	case "size":
		if n, err := strconv.ParseInt(arg, 10, 64); err == nil {
			return sizeOf(n), true
		}
	case "list":
		return t.listed(strings.Split(arg, ", ")), false
	case "words":
		var all []string
		for code := range strings.SplitSeq(arg, ", ") {
			one, _ := t.written("word", code)
			all = append(all, one)
		}
		return strings.Join(all, t.list), true
	case "word":
		for _, code := range []string{arg, "word." + arg} {
			if p, ok := t.phrases[code]; ok {
				return t.plain(p.Say), true
			}
		}
		if _, last, ok := strings.Cut(arg, "."); ok {
			arg = last
		}
	}
	return arg, strings.Trim(arg, "0123456789") == ""
}

func ref[T any](v T) *T { return &v }
