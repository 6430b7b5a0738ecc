package bot

import (
	"cmp"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// reply tells one fact of the journal in the thread. ok is false for facts that the parent message tells already.
func (s scene) reply(e store.Event) (v view, ok bool) {
	switch e.Code {
	case store.EventPushed:
		return s.pushed(e), true
	case store.EventMissed:
		code, args := missedWords(e)
		return s.plainReply("alarm_clock", "⏰", code, args...), true
	case store.EventMigrated:
		return s.migrated(e), true
	case store.EventReady:
		return s.ready(e), true
	case store.EventFailed:
		return s.failures([]store.Event{e}, false), true
	case store.EventRemoved:
		return s.gone(e), true
	case store.EventRadar:
		return s.plainReply("satellite_antenna", "📡", cmp.Or(s.texts.known(e.Detail.Code), store.EventRadar), shorts(e.Detail.Args, 120)...), true
	case store.EventEdited:
		return s.edited(e), true
	case store.EventKept:
		return s.laidAside(e), true
	case store.EventEmptied:
		return s.plainReply("broom", "🧹", store.EventEmptied, s.branch()), true
	case store.EventRestored:
		return s.plainReply("recycle", "♻️", store.EventRestored, s.branch()), true
	case store.EventKeyless:
		return s.keyless(e), true
	case store.EventSaved, store.EventUnsaved:
		return s.savedReply(e), true
	case store.EventAsleep:
		return s.slept(e), true
	case store.EventExtended:
		return s.dated("calendar", "📅", store.EventExtended, "", e), true
	case store.EventExpiring:
		return s.expiring(e), true
	case store.EventHeld:
		return s.held(e), true
	case store.EventTrouble:
		return s.trouble(e), true
	case store.EventDrift:
		return s.plainReply("wrench", "🔧", store.EventDrift, s.driftArgs(e)...), true
	case store.EventLost:
		return s.plainReply("card_file_box", "🗃️", store.EventLost, s.branch()), true
	case store.EventOver:
		if e.Detail.Code == store.Unreachable {
			return s.plainReply("arrow_forward", "▶️", "over.answers", append([]string{s.branch()}, shorts(e.Detail.Args, 300)...)...), true
		}
		return s.plainReply("arrow_forward", "▶️", store.EventOver, s.branch()), true
	}
	return view{}, false
}

// dated says something about a time, which the reader's client writes as the reader likes it.
func (s scene) dated(icon, sign, code, whom string, e store.Event) view {
	args := append([]string{s.branch()}, shorts(e.Detail.Args, 40)...)
	said := s.texts.rich(s.word(code), args...)
	if e.Code == store.EventExtended && e.By != "" {
		said = append(append(said, words("  ·  ")), s.texts.mixed(s.word(labelAskedBy), person(e.By))...)
	}
	return view{Text: mention(whom) + sign + " " + s.texts.flat(s.word(code), args...), Blocks: []slack.Block{richText(code, row(s.calling(whom, icon, said...)...))}}
}

func (s scene) plainReply(icon, sign, code string, args ...string) view {
	parts := append([]element{emoji(icon), words(" ")}, s.texts.rich(s.word(code), args...)...)
	return view{Text: sign + " " + s.texts.flat(s.word(code), args...), Blocks: []slack.Block{richText("fact", row(parts...))}}
}

// trouble says what is waited for. Nobody is called for it: there is nothing to do.
func (s scene) trouble(e store.Event) view {
	parts := append([]element{emoji("hourglass"), words(" ")}, s.texts.rich(s.word(store.EventTrouble), s.branch())...)
	p, args := s.texts.byItself(s.texts.of(e.Detail.Code)), shorts(e.Detail.Args, 300)
	parts = append(append(parts, words(s.texts.gap)), s.texts.rich(s.texts.whole(p, args), args...)...)
	text := s.texts.flat(s.word(store.EventTrouble), s.branch()) + s.texts.gap + s.texts.flat(s.word(e.Detail.Code), shorts(e.Detail.Args, 300)...)
	return view{Text: "⌛ " + text, Blocks: []slack.Block{richText("trouble", row(parts...))}}
}

// driftArgs are branch, role, and what was changed, which only words of ours can tell.
func (s scene) driftArgs(e store.Event) []string {
	var known []string
	for _, code := range e.Detail.Args {
		if _, ok := s.texts.phrases[code]; ok {
			known = append(known, code)
		}
	}
	if len(known) == 0 {
		known = []string{store.DriftSettings}
	}
	return []string{s.branch(), short(cmp.Or(e.Kind.Role(), string(e.Kind)), 40), strings.Join(known, ", ")}
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

// changeLines writes differences of structure the way people write a diff.
func (t texts) changeLines(changes []store.Change) []string {
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
		line := sign + " " + t.plain("{0:word}", "change."+c.What) + " " + name
		if c.Name != "" || sign == "~" {
			line += "  " + definition
		}
		out = append(out, strings.Join(strings.Fields(line), " "))
	}
	return out
}

func (s scene) gone(e store.Event) view {
	args := []string{s.branch()}
	whom := s.waiting(e)
	parts := s.calling(whom, "broom", s.closing(store.EventRemoved, e, args)...)
	return view{Text: mention(whom) + "🧹 " + s.texts.flat(s.word(store.EventRemoved), args...), Blocks: []slack.Block{richText("removed", row(parts...))}}
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
