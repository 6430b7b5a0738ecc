package bot

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// Actions of the buttons below a question.
const (
	actionConfirm = "qa_confirm"
	actionDecline = "qa_decline"
)

// questionLasts is how long a question may be answered: as long as somebody remembers what he typed.
const questionLasts = 10 * time.Minute

// question is what a button below a question carries: it is good for one person, one state of one environment, and not for
// long.
type question struct {
	Revision string
	User     string
	Until    time.Time
	Verb     string
	Data     bool   // of down: whether the data goes at once
	Save     string // of load: the name; of copy: the branch that the data comes from
}

func (q question) value() string {
	parts := []string{q.Revision, q.User, strconv.FormatInt(q.Until.Unix(), 10), q.Verb}
	switch {
	case q.Data:
		parts = append(parts, atOnce)
	case q.Save != "":
		parts = append(parts, "="+url.QueryEscape(q.Save))
	}
	return strings.Join(parts, "|")
}

// questionOf reads a button's value again.
func questionOf(value string) (question, bool) {
	parts := strings.Split(value, "|")
	data := len(parts) == 5 && parts[4] == atOnce
	save := ""
	if len(parts) == 5 && !data {
		name, ok := strings.CutPrefix(parts[4], "=")
		if save, _ = url.QueryUnescape(name); !ok || save == "" {
			return question{}, false
		}
	} else if len(parts) != 4 && !data {
		return question{}, false
	}
	until, err := strconv.ParseInt(parts[2], 10, 64)
	return question{Revision: parts[0], User: parts[1], Until: time.Unix(until, 0), Verb: parts[3], Data: data, Save: save}, err == nil
}

// answer is what to say to an answer that leads to nothing; its Code is empty where it is a yes that counts.
func (q question) answer(e store.Environment, user string, yes bool, now time.Time) store.Detail {
	switch {
	case q.User != user:
		return store.Say(confirmForeign)
	case !yes:
		return store.Say(confirmKept, e.Spec.Branch)
	case now.After(q.Until):
		branch := e.Spec.Branch
		if q.Data {
			branch += " " + atOnce
		}
		if q.Verb == verbLoad {
			branch += ` "` + q.Save + `"`
		}
		if q.Verb == verbCopy {
			branch = q.Save + " to " + branch
		}
		return store.Say(confirmLate, branch, typed(q.Verb))
	case q.Revision != revision(e.ID, e.Spec.Version):
		return store.Say(answerStale)
	}
	return store.Detail{}
}

// destroys tells whether a wish takes data away that was to stay.
func destroys(before store.Spec, next *store.Spec, now time.Time) bool {
	return next != nil && !before.Gone(now) && (next.Gone(now) || next.Data.Epoch > before.Data.Epoch)
}

// asksBack gives the question to ask before a wish that destroys something; its Code is empty where none is needed: one's
// own environment goes at once, its data only after a question, and a button of a message has asked already.
func asksBack(e store.Environment, a asking, next *store.Spec, now time.Time) store.Detail {
	switch {
	case a.Data && a.From.User != "" && a.Confirmed == "" && next != nil:
		return store.Say(confirmData, a.Branch, a.Verb)
	case a.Apart.Missing+a.Apart.Surplus > 0 && a.From.User != "" && a.Confirmed == "" && next != nil:
		return store.Say(confirmApart, a.Branch, a.Verb, a.Apart.Missing, a.Apart.Surplus, a.Save)
	case a.From.User == "", a.Confirmed != "", !destroys(e.Spec, next, now), e.Spec.Owner == a.From.User:
		return store.Detail{}
	case !next.Gone(now):
		return store.Say(confirmFresh, a.Branch, a.Verb, 0, 0, a.Save)
	case next.Gone(now) && !next.KeepDataUntil.IsZero() && e.Spec.Owner == "":
		return store.Say(confirmNobodysKept, a.Branch, a.Verb, stamp(next.KeepDataUntil))
	case next.Gone(now) && !next.KeepDataUntil.IsZero():
		return store.Say(confirmOthersKept, a.Branch, a.Verb, stamp(next.KeepDataUntil))
	case e.Spec.Owner == "":
		return store.Say(confirmNobodys, a.Branch, a.Verb)
	}
	return store.Say(confirmOthers, a.Branch, a.Verb)
}

// confirmation asks back. Only the person who typed it sees the question.
func (b *Bot) confirmation(d decision, e store.Environment, from place) view {
	q := question{Revision: revision(e.ID, e.Spec.Version), User: from.User, Until: b.opt.Now().Add(questionLasts), Verb: d.Answer.Args[1], Data: d.Answer.Code == confirmData}
	yes := labelDown
	if d.Answer.Code == confirmApart || d.Answer.Code == confirmFresh {
		yes, q.Save = labelReplace, d.Answer.Args[4]
	}
	v := answer(b.texts, d.Answer)
	if e.Spec.Owner != "" {
		l := listed(b.texts, labelHasIt, []string{e.Spec.Owner}, func(s *said, w string) { s.person(w) })
		v = v.add(richText("", row(l.parts...)))
		v.Text += b.texts.gap + l.text.String()
	}
	word := func(label string) string { return b.texts.of(label).Say }
	return v.add(slack.NewActionBlock(fmt.Sprintf("confirm:%s", q.Revision),
		button(actionConfirm, q.value(), word(yes)).WithStyle(slack.StyleDanger), button(actionDecline, q.value(), word(labelKeep))))
}

// answered deals with the answer to a question.
func (b *Bot) answered(ctx context.Context, c clicked, key string, yes bool) error {
	q, ok := questionOf(c.Value)
	if !ok {
		return fmt.Errorf("read answer to a question: %q", c.Value)
	}
	id, _, _ := strings.Cut(q.Revision, ":")
	e, err := b.look(ctx, store.ID(id))
	if err != nil {
		return err
	}
	meant := command{Verb: q.Verb, App: e.Spec.App, Branch: e.Spec.Branch, Confirmed: q.Revision, Data: q.Data}
	switch q.Verb {
	case verbLoad:
		meant.Save = q.Save
	case verbCopy:
		meant.From = q.Save
	}
	if said := q.answer(e, c.User, yes, b.opt.Now()); said.Code != "" {
		c.heard = &hearing{refused: said.Code == confirmForeign}
		v := answer(b.texts, said).follow(b.texts, b.slack.permalink(ctx, e.Thread))
		return b.conclude(ctx, c.place, meant, key, b.reply(ctx, c.place, v))
	}
	return b.obey(ctx, c.place, meant, key)
}
