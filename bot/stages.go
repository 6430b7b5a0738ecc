package bot

import (
	"slices"
	"time"

	"qabot/store"
)

// stage is one line of the checklist. Several resources of one sort and no name of their own for people, such as the
// routes, share a line.
type stage struct {
	kind  store.Kind
	label string
	store.Observation
}

// emojis of states, while an environment is built and while it is taken down.
func (s stage) emoji(gone, failed bool) string {
	switch s.State {
	case store.Failed:
		return "x"
	case store.Held:
		return "double_vertical_bar"
	case store.Leaving:
		return "broom"
	case store.Working:
		return "hourglass_flowing_sand"
	case store.Ready:
		if gone {
			return "white_circle"
		}
		return "white_check_mark"
	case store.Absent:
		if gone {
			return "white_check_mark"
		}
	}
	if s.State == store.Unknown && s.Detail.Code != "" && !failed {
		return "hourglass" // it cannot be seen at the moment
	}
	if failed && !gone {
		return "heavy_minus_sign"
	}
	if s.State == store.Stale && !s.Began.IsZero() {
		return "hourglass_flowing_sand"
	}
	return "white_circle"
}

// elapsed is how long the stage took or has been taking; zero where that has no meaning.
func (s stage) elapsed(now time.Time) time.Duration {
	switch {
	case s.Began.IsZero():
		return 0
	case !s.Ended.Before(s.Began):
		return s.Ended.Sub(s.Began)
	case s.State == store.Working || s.State == store.Stale || s.State == store.Leaving || s.State == store.Held:
		return max(now.Sub(s.Began), 0)
	}
	return 0
}

// running tells whether the elapsed time of the stage still grows.
func (s stage) running() bool {
	return !s.Began.IsZero() && s.Ended.Before(s.Began) && s.State != store.Ready && s.State != store.Absent && s.State != store.Failed
}

// kindsOf gives the resources of an environment in the order of the app's stages. What was seen and is in no stage any more
// comes last, for it has to go too.
func kindsOf(app App, e store.Environment) []store.Kind {
	var kinds []store.Kind
	for _, side := range app.Stages {
		kinds = append(kinds, side...)
	}
	var others []store.Kind
	for k := range e.Status.Seen {
		if !slices.Contains(kinds, k) {
			others = append(others, k)
		}
	}
	slices.Sort(others)
	kinds = append(kinds, others...)
	return kinds
}

// checklist gives the lines of an environment: top to bottom while it is built, the other way round while it is taken down.
func checklist(t texts, app App, e store.Environment, gone bool) []stage {
	kinds := kindsOf(app, e)
	if gone {
		slices.Reverse(kinds)
	}
	prefix := "stage."
	if gone {
		prefix = "gone."
	}
	old := !gone && e.Status.Generation != e.Spec.Generation
	var lines []stage
	for _, k := range kinds {
		o := e.Status.Seen[k]
		if old {
			o = store.Observation{} // seen before the present wish: says nothing about it
		}
		if !gone && k.Sort() == "service" && o.State == store.Ready && o.Commit != "" && o.Commit != e.Spec.Commit {
			// The old version is well, but it is not what was asked for.
			o = store.Observation{Detail: store.Say(labelOlder, sha(o.Commit))}
		}
		label := t.flatLabel(prefix, k)
		i := slices.IndexFunc(lines, func(s stage) bool { return s.label == label })
		if i < 0 {
			lines = append(lines, stage{k, label, o})
			continue
		}
		if weight(o.State, gone) > weight(lines[i].State, gone) {
			began := lines[i].Began
			lines[i].Observation = o
			if !began.IsZero() && (o.Began.IsZero() || began.Before(o.Began)) {
				lines[i].Began = began
			}
		} else if o.Ended.After(lines[i].Ended) {
			lines[i].Ended = o.Ended
		}
	}
	return lines
}

// weight ranks states that share a line: what needs attention speaks for the others.
func weight(s store.State, gone bool) int {
	order := []store.State{store.Ready, store.Absent, store.Unknown, store.Leaving, store.Stale, store.Working, store.Held, store.Failed}
	if gone {
		order = []store.State{store.Absent, store.Unknown, store.Ready, store.Stale, store.Working, store.Leaving, store.Held, store.Failed}
	}
	return slices.Index(order, s)
}

// flatLabel names a kind in words, or by itself where there are none.
func (t texts) flatLabel(prefix string, k store.Kind) string {
	p, ok := t.phrases[prefix+k.Sort()]
	if !ok {
		return string(k)
	}
	return t.plain(p.Say, k.Role())
}

// progress counts the stages that are through.
func progress(lines []stage, gone bool) (done, all int) {
	want := store.Ready
	if gone {
		want = store.Absent
	}
	for _, l := range lines {
		if l.State == want {
			done++
		}
	}
	return done, len(lines)
}
