package bot

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// reply tells one fact of the journal in the thread. ok is false for facts that the parent message tells already.
func (s scene) reply(e store.Event) (v view, ok bool) {
	switch e.Code {
	case store.EventPushed:
		return s.pushed(e), true
	case store.EventMigrated:
		return s.migrated(e), true
	case store.EventReady:
		return s.ready(e), true
	case store.EventFailed:
		return s.failed(e), true
	case store.EventRemoved:
		return s.gone(e), true
	case store.EventAsleep:
		return s.slept(e), true
	case store.EventExtended:
		return s.dated("calendar", "📅", store.EventExtended, "", e), true
	case store.EventExpiring:
		v := s.dated("hourglass", "⌛", store.EventExpiring, e.By, e)
		v.Blocks = append(v.Blocks, s.actions(
			button(actionExtend, s.value(), s.word(labelExtend)).WithStyle(slack.StylePrimary),
			button(actionLetGo, s.value(), s.word(labelLetGo))))
		return v, true
	case store.EventTrouble:
		return s.trouble(e), true
	case store.EventOver:
		if e.Detail.Code == store.Unreachable {
			return s.plainReply("arrow_forward", "▶️", "over.answers", append([]string{s.branch()}, shorts(e.Detail.Args, 300)...)...), true
		}
		return s.plainReply("arrow_forward", "▶️", store.EventOver, s.branch()), true
	}
	return view{}, false
}

func (s scene) slept(e store.Event) view {
	args := []string{s.branch()}
	parts := s.calling(e.By, "zzz", s.texts.rich(s.word(store.EventAsleep), args...)...)
	return view{mention(e.By) + "💤 " + s.texts.flat(s.word(store.EventAsleep), args...), []slack.Block{richText("asleep", row(parts...))}}
}

// dated says something about a time, which the reader's client writes as the reader likes it.
func (s scene) dated(icon, sign, code, whom string, e store.Event) view {
	said := s.texts.rich(s.word(code), s.branch())
	if len(e.Detail.Args) > 0 {
		if at, err := time.Parse(time.RFC3339, e.Detail.Args[0]); err == nil {
			said = append(append(said, words(" ")), dateElement(at))
		}
	}
	if e.Code == store.EventExtended && e.By != "" {
		said = append(append(said, words("  ·  "+s.word(labelAskedBy))), person(e.By))
	}
	return view{mention(whom) + sign + " " + s.texts.flat(s.word(code), s.branch()), []slack.Block{richText(code, row(s.calling(whom, icon, said...)...))}}
}

func (s scene) plainReply(icon, sign, code string, args ...string) view {
	parts := append([]element{emoji(icon), words(" ")}, s.texts.rich(s.word(code), args...)...)
	return view{sign + " " + s.texts.flat(s.word(code), args...), []slack.Block{richText("fact", row(parts...))}}
}

// trouble says what is waited for. Nobody is called for it: there is nothing to do.
func (s scene) trouble(e store.Event) view {
	parts := append([]element{emoji("hourglass"), words(" ")}, s.texts.rich(s.word(store.EventTrouble), s.branch())...)
	parts = append(append(parts, words(" ")), s.texts.full(e.Detail)...)
	text := s.texts.flat(s.word(store.EventTrouble), s.branch()) + " " + s.texts.flat(s.word(e.Detail.Code), shorts(e.Detail.Args, 300)...)
	return view{"⌛ " + text, []slack.Block{richText("trouble", row(parts...))}}
}

func (s scene) pushed(e store.Event) view {
	if e.Name == "" {
		return s.plainReply("arrow_up", "⬆️", "pushed.nameless", sha(e.Commit))
	}
	subject := ""
	if len(e.Detail.Args) > 0 {
		subject = short(e.Detail.Args[0], 120)
	}
	return s.plainReply("arrow_up", "⬆️", store.EventPushed, short(e.Name, 60), sha(e.Commit), subject)
}

func (s scene) migrated(e store.Event) view {
	args := []string{sha(e.Commit), span(e.Took)}
	head := append([]element{emoji("card_file_box"), words(" ")}, s.texts.rich(s.word(store.EventMigrated), args...)...)
	for _, a := range e.Detail.Args {
		if a == "seeded" {
			head = append(append(head, words(" ")), s.texts.rich(s.word("migrated.seeded"))...)
		}
	}
	lines := []slack.RichTextElement{row(head...)}
	if len(e.Changes) == 0 {
		lines = append(lines, row(s.texts.rich(s.word("migrated.nothing"))...))
	} else {
		lines = append(lines, row(s.texts.rich(s.word("migrated.changes"))...), preformatted(changeLines(e.Changes), 30))
	}
	return view{"🗃️ " + s.texts.flat(s.word(store.EventMigrated), args...), []slack.Block{richText("migrated", lines...)}}
}

// changeLines writes differences of structure the way people write a diff.
func changeLines(changes []store.Change) []string {
	var out []string
	for _, c := range changes {
		name := c.Table
		if c.Name != "" {
			name += "." + c.Name
		}
		sign, definition := "~", c.Was+" → "+c.Is
		switch {
		case c.Was == "":
			sign, definition = "+", c.Is
		case c.Is == "":
			sign, definition = "-", c.Was
		}
		line := sign + " " + c.What + " " + name
		if c.Name != "" || sign == "~" {
			line += "  " + definition
		}
		out = append(out, strings.Join(strings.Fields(line), " "))
	}
	return out
}

func (s scene) ready(e store.Event) view {
	commit := e.Commit
	if commit == "" {
		commit = s.env.Spec.Commit
	}
	args := []string{s.branch(), sha(commit)}
	lines := []slack.RichTextElement{row(s.calling(s.env.Spec.Asked.By, "white_check_mark", s.closing(store.EventReady, e, args)...)...)}
	for _, u := range s.urls() {
		lines = append(lines, row(strong(u.label), words("  "), link(u.url, u.url)))
	}
	return view{mention(s.env.Spec.Asked.By) + "✅ " + s.texts.flat(s.word(store.EventReady), args...), []slack.Block{richText("ready", lines...)}}
}

func (s scene) gone(e store.Event) view {
	args := []string{s.branch()}
	whom := s.env.Spec.Asked.By
	parts := s.calling(whom, "broom", s.closing(store.EventRemoved, e, args)...)
	return view{mention(whom) + "🧹 " + s.texts.flat(s.word(store.EventRemoved), args...), []slack.Block{richText("removed", row(parts...))}}
}

// failed says what failed and why, what is still served, the end of the log, and what to type.
func (s scene) failed(e store.Event) view {
	args := []string{s.branch(), s.texts.flatLabel("stage.", e.Kind)}
	whom := s.env.Spec.Asked.By
	if whom == "" {
		whom = s.env.Spec.Owner // who pushed has no Slack name, but somebody waits for this branch
	}
	lines := []slack.RichTextElement{
		row(s.calling(whom, "x", s.texts.rich(s.word(store.EventFailed), args...)...)...),
		row(s.texts.full(e.Detail)...),
		row(s.serving()...),
	}
	if len(e.Lines) > 0 {
		const most = 12
		tail := e.Lines[max(0, len(e.Lines)-most):]
		lines = append(lines, row(s.texts.rich(s.word("failed.lines"))...), preformatted(tail, most))
	}
	var buttons []slack.BlockElement
	if e.Generation == 0 || e.Generation == s.env.Spec.Generation {
		buttons = append(buttons, s.retryButton())
	}
	if webLink(e.URL) {
		buttons = append(buttons, button(actionLog, s.value(), s.word(labelLog)).WithURL(e.URL))
	}
	blocks := []slack.Block{richText("failed", lines...)}
	if len(buttons) > 0 {
		blocks = append(blocks, s.actions(buttons...))
	}
	return view{mention(whom) + "❌ " + s.texts.flat(s.word(store.EventFailed), args...), blocks}
}

// closing is a sentence with the time it took, where that is known.
func (s scene) closing(code string, e store.Event, args []string) []element {
	parts := s.texts.rich(s.word(code), args...)
	if e.Took > 0 {
		parts = append(append(parts, words("  ·  ")), s.texts.rich(s.word(labelTook), span(e.Took))...)
	}
	return parts
}

// calling puts a mention in front: edits of the parent notify nobody, this does.
func (s scene) calling(user, icon string, parts ...element) []element {
	head := []element{emoji(icon), words(" ")}
	if user != "" {
		head = append(head, person(user), words(" "))
	}
	return append(head, parts...)
}

func mention(user string) string {
	if user == "" {
		return ""
	}
	return "<@" + user + "> "
}
