package bot

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// historyShown is how many things of the past are shown: as many lines as a person reads.
const historyShown = 20

// past is one line of a history.
type past struct {
	at    time.Time
	parts []element
}

// history shows lines of the past, the newest first.
func history(t texts, heading, text string, lines []past) view {
	slices.SortStableFunc(lines, func(a, b past) int { return a.at.Compare(b.at) })
	rows := []slack.RichTextElement{row(t.rich(heading, text)...)}
	for _, l := range slices.Backward(lines[max(0, len(lines)-historyShown):]) {
		rows = append(rows, row(append([]element{t.dateElement(l.at), words("  ")}, l.parts...)...))
	}
	return view{Text: t.flat(heading, text), Blocks: []slack.Block{richText("history", rows...)}}
}

// history shows what people did with an environment, and what became of it.
func (s scene) history(events []store.Event, acts []store.Act) view {
	return history(s.texts, s.word(labelHistory), s.branch(), s.past(events, acts))
}

// past is what the journals say of an environment. What both say is said once.
func (s scene) past(events []store.Event, acts []store.Act) []past {
	var lines []past
	told := map[string]bool{}
	for _, a := range acts {
		if letter, ok := strings.CutSuffix(a.Key, "/"+string(a.Environment)); ok {
			told[askedKey(letter)] = true
		}
		if a.Verb != verbPush { // there is an event of it, which has the subject too
			lines = append(lines, past{a.At, s.texts.act(a)})
		}
	}
	for _, e := range events {
		if e.Code != store.EventAsked || !told[e.Key] {
			lines = append(lines, past{e.At, s.recount(e)})
		}
	}
	return lines
}

// act says one act in a line: what was asked, what came of it, and who asked.
func (t texts) act(a store.Act) []element {
	code, why := "act."+a.Outcome, ""
	switch {
	case a.Way == store.WayExpiry:
		code = "act.expired"
	case a.Outcome == store.OutcomeDone:
		code = store.EventAsked
	}
	if _, ok := t.phrases["why."+a.Why]; ok {
		why = "why." + a.Why
		if a.Outcome == store.OutcomeNothing {
			code = "act.because"
		}
	}
	return t.by(t.rich(t.of(code).Say, "verb."+a.Verb, why), a.User, a.Name)
}

// by adds who did something, where somebody did.
func (t texts) by(said []element, user, name string) []element {
	switch {
	case user != "":
		return append(append(said, words("  ·  ")), person(user))
	case name != "":
		return append(said, words("  ·  "+short(name, 60)))
	}
	return said
}

// lately shows the newest acts of all environments.
func lately(t texts, acts []store.Act, several bool) view {
	if len(acts) == 0 {
		return answer(t, store.Say(answerNoActs))
	}
	var lines []past
	for _, a := range acts {
		name := short(cmp.Or(a.Branch, "?"), 80)
		if several && a.App != "" {
			name = a.App + " " + name
		}
		lines = append(lines, past{a.At, append([]element{codeWord(name), words("  ")}, t.act(a)...)})
	}
	return history(t, t.of(labelLately).Say, "", lines)
}

// recount says one event in a line.
func (s scene) recount(e store.Event) []element {
	var said []element
	switch e.Code {
	case store.EventAsked:
		said = s.texts.rich(s.word(store.EventAsked), "verb."+e.Detail.Code)
	case store.EventPushed:
		subject := ""
		if len(e.Detail.Args) > 0 {
			subject = short(e.Detail.Args[0], 80)
		}
		return s.texts.rich(s.word(store.EventPushed), short(cmp.Or(e.Name, "?"), 60), sha(e.Commit), subject)
	case store.EventMissed:
		code, args := missedWords(e)
		return s.texts.rich(s.word(code), args...)
	case store.EventMigrated:
		return s.texts.rich(s.word(store.EventMigrated), sha(e.Commit), e.Took.String())
	case store.EventFailed:
		said = s.texts.rich(s.word(store.EventFailed), s.branch(), s.texts.flatLabel("stage.", e.Kind))
	case store.EventDrift:
		return s.texts.rich(s.word(store.EventDrift), s.driftArgs(e)...)
	case store.EventReady:
		return s.texts.rich(s.word(store.EventReady), s.branch(), sha(e.Commit))
	default:
		return s.texts.rich(s.word(e.Code), append([]string{s.branch()}, shorts(e.Detail.Args, 120)...)...)
	}
	return s.texts.by(said, e.By, e.Name)
}
