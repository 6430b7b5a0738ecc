package bot

import (
	"slices"

	"github.com/slack-go/slack"

	"qabot/store"
)

// slept says that an environment sleeps. Nobody is called when only its hours were over.
func (s scene) slept(e store.Event) view {
	code, args := store.EventAsleep, []string{s.branch()}
	if next := s.app.Awake; e.Verb == verbDoze && !next.None() {
		code, args = labelDozed, append(args, stamp(next.begin(e.At)))
	}
	parts := s.calling(e.By, "zzz", s.texts.rich(s.word(code), args...)...)
	return view{Text: mention(e.By) + "💤 " + s.texts.flat(s.word(code), args...), Blocks: []slack.Block{richText("asleep", row(parts...))}}
}

// expiring tells the owner that the end is near, and asks what to do. Who is known by a name on GitHub only cannot be called,
// and is named.
func (s scene) expiring(e store.Event) view {
	code := store.EventExpiring
	if until := s.env.Spec.KeepDataUntil; !until.IsZero() {
		code, e.Detail.Args = labelEndsKept, append(slices.Clone(e.Detail.Args), stamp(until))
	}
	v := s.dated("hourglass", "⌛", code, e.By, e)
	if e.By == "" && e.Name != "" {
		v.Blocks = append(v.Blocks, richText("pusher", row(s.texts.rich(s.word(labelPushedBy), short(e.Name, 60))...)))
	}
	if used := s.used(); used != nil {
		v.Blocks = append(v.Blocks, richText("used", row(used...)))
	}
	v.Blocks = append(v.Blocks, s.actions(
		button(actionExtend, s.value(), s.word(labelExtend)).WithStyle(slack.StylePrimary),
		button(actionLetGo, s.value(), s.word(labelLetGo))))
	return v
}

// wakes says when the hours wake an environment that they have put to sleep; nil for any other.
func (s scene) wakes() slack.Block {
	if !s.env.Spec.Dozing || s.app.Awake.None() {
		return nil
	}
	return richText("wakes", row(s.texts.rich(s.word(labelWakes), stamp(s.app.Awake.begin(s.now)))...))
}
