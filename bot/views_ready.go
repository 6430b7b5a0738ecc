package bot

import (
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// ready closes a deployment: who waited for it, the URLs, and what was proven to be behind them.
func (s scene) ready(e store.Event) view {
	commit := e.Commit
	if commit == "" {
		commit = s.env.Spec.Commit
	}
	code, icon, sign := store.EventReady, "white_check_mark", "✅"
	switch doubt := doubtful(e.Proofs); {
	case doubt != "":
		code, icon, sign = doubt, "warning", "⚠️"
	case e.Verb == verbCancel:
		code, icon, sign = labelBack, "leftwards_arrow_with_hook", "↩️"
	case e.Verb == verbRise:
		code, icon, sign = labelRisen, "sunny", "☀️"
	}
	args := []string{s.branch(), sha(commit)}
	lines := []slack.RichTextElement{row(s.calling(s.waiting(e), icon, s.closing(code, e, args)...)...)}
	for _, u := range s.urls() {
		lines = append(lines, row(strong(u.label), words("  "), link(u.url, u.url)))
	}
	lines = append(lines, s.proofRows(e.Proofs, true)...)
	return view{Text: mention(s.waiting(e)) + sign + " " + s.texts.flat(s.word(code), args...), Blocks: []slack.Block{richText("ready", lines...)}}
}

// waiting is who waits for what an event tells: who asked for it then, which may be somebody else than who asks for something
// now. It is empty for what came from Git.
func (s scene) waiting(e store.Event) string {
	if e.By == "" && e.Name == "" {
		return s.env.Spec.Asked.By
	}
	return e.By
}

// closing is a sentence with the time it took, where that is known, and with the usual time of a deployment.
func (s scene) closing(code string, e store.Event, args []string) []element {
	parts := s.texts.rich(s.word(code), args...)
	if e.Took > 0 {
		parts = append(append(parts, words("  ·  ")), s.texts.rich(s.word(labelTook), e.Took.String())...)
	}
	if e.Usual > 0 && len(e.Stages) > 0 {
		parts = append(append(parts, words(s.texts.list)), s.texts.rich(s.word(labelUsually), s.texts.about(e.Usual))...)
	}
	return parts
}

// about says a length of time that is only an estimate.
func (t texts) about(d time.Duration) string {
	if d < 90*time.Second {
		return t.span(max(d.Round(5*time.Second), time.Second))
	}
	return t.plain(t.of(unitAbout).Say, strconv.Itoa(int(d.Round(time.Minute).Minutes())))
}
