package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// handle deals with one letter.
func (b *Bot) handle(ctx context.Context, l store.Letter) error {
	switch l.Kind {
	case letterCommand:
		var s spoken
		if err := json.Unmarshal(l.Body, &s); err != nil {
			return fmt.Errorf("read letter: %w", err)
		}
		if again, err := b.answerAgain(ctx, s.place, l.Key); again || err != nil {
			return err
		}
		return b.heard(ctx, s, l.Key)
	case letterClick:
		var c clicked
		if err := json.Unmarshal(l.Body, &c); err != nil {
			return fmt.Errorf("read letter: %w", err)
		}
		if again, err := b.answerAgain(ctx, c.place, l.Key); again || err != nil {
			return err
		}
		return b.pressed(ctx, c, l.Key)
	case letterForm:
		w, err := readLetter[wanted](l)
		if err != nil {
			return err
		}
		return b.wants(ctx, w, l.Key)
	case letterHome:
		v, err := readLetter[visited](l)
		if err != nil {
			return err
		}
		return b.homes.show(ctx, v.User, v.Page, view{})
	}
	return b.fromGitHub(ctx, l)
}

// heard deals with words.
func (b *Bot) heard(ctx context.Context, s spoken, key string) error {
	b.eyes(ctx, s.place)
	b = b.to(ctx, s.User)
	known, err := b.inThread(ctx, s.place)
	if err != nil {
		return err
	}
	c, wrong := parse(b.addressed(s.Text), b.apps(), known != nil)
	if wrong != nil {
		b.nodAt(ctx, s.place, false)
		return b.puzzled(ctx, s.place, *wrong, known != nil)
	}
	if known != nil && c.Branch == "" && c.Pull == 0 {
		c.App, c.Branch = known.Spec.App, known.Spec.Branch
	}
	return b.obey(ctx, s.place, c, key)
}

// pressed deals with a button. It does nothing when the environment has changed since the button was shown.
func (b *Bot) pressed(ctx context.Context, c clicked, key string) error {
	b = b.to(ctx, c.User)
	action, _ := actionOf(c.Action)
	if action == actionConfirm || action == actionDecline {
		return b.answered(ctx, c, key, action == actionConfirm)
	}
	if done, err := b.turned(ctx, c, action); done {
		return err
	}
	revised, meant, verb := c.Value, command{}, verbOf(action)
	if action == actionMenu {
		verb, revised, _ = menuOf(c.Value)
	}
	if picked, ok := choiceOf(c.Value); ok && action == actionPick {
		revised, meant = picked.Revision, command{Verb: picked.Verb, App: picked.App, Branch: picked.Branch, For: picked.For}
	}
	role := ""
	if action == actionLogs {
		revised, role, _ = strings.Cut(c.Value, "|")
	}
	id, _, _ := strings.Cut(revised, ":")
	e, err := b.look(ctx, store.ID(id))
	if err != nil {
		return err
	}
	if revised != revision(e.ID, e.Spec.Version) {
		c.heard = &hearing{}
		stale := answer(b.texts, store.Say(answerStale)).follow(b.texts, b.slack.permalink(ctx, e.Thread))
		return b.conclude(ctx, c.place, command{Verb: cmp.Or(meant.Verb, verb), App: e.Spec.App, Branch: e.Spec.Branch}, key, b.reply(ctx, c.place, stale))
	}
	if meant.Verb == "" {
		if action == actionLetGo {
			return b.reply(ctx, c.place, answer(b.texts, store.Say(answerLetGo, e.Spec.Branch)))
		}
		if verb == "" {
			return nil
		}
		meant = command{Verb: verb, App: e.Spec.App, Branch: e.Spec.Branch, Role: role, For: 24 * time.Hour}
	}
	meant.Confirmed = revised // buttons that destroy something have a dialog that asks
	return b.obey(ctx, c.place, meant, key)
}

// obey carries out a command and answers, and sees to it that it is in the audit journal.
func (b *Bot) obey(ctx context.Context, p place, c command, key string) error {
	p.heard = &hearing{}
	if r := b.mayNotLook(ctx, p, c); r != nil {
		p.heard.refused = true
		return b.conclude(ctx, p, c, key, b.reply(ctx, p, r.view(b.texts, "")))
	}
	return b.conclude(ctx, p, c, key, b.carryOut(ctx, p, c, key))
}

func (b *Bot) carryOut(ctx context.Context, p place, c command, key string) error {
	switch c.Verb {
	case verbHelp:
		return b.reply(ctx, p, helpFor(b.texts, c, b.apps()))
	case verbTop:
		return b.top(ctx, p, c)
	case verbList:
		return b.list(ctx, p, listing{Mine: c.Mine, App: c.App})
	case verbGC:
		return b.leftOver(ctx, p)
	}
	switch c.Verb {
	case verbSaves:
		return b.saves(ctx, p, c)
	case verbUnsave:
		return b.unsave(ctx, p, c, key)
	}
	c, answered, err := b.resolve(ctx, p, c)
	if err != nil || answered {
		return err
	}
	switch c.Verb {
	case verbUp:
		return b.bringUp(ctx, p, c, key)
	case verbPlan:
		return b.planned(ctx, p, c)
	case verbHistory:
		return b.history(ctx, p, c)
	}
	e, answered, err := b.existing(ctx, p, c)
	if err != nil || answered {
		return err
	}
	if groupOf(c.Verb) == groupLook {
		return b.inform(ctx, p, c, e)
	}
	app, _ := b.app(e.Spec.App)
	a := asking{
		Verb: c.Verb, App: app, Branch: e.Spec.Branch, From: p, By: p.User, Channel: cmp.Or(e.Thread.Channel, p.Channel), Key: key, At: b.opt.Now(), For: c.For,
		Confirmed: c.Confirmed, Data: c.Data,
	}
	if c.Verb == verbUndo {
		if a.Commit, answered, err = b.headAgain(ctx, p, app, e); err != nil || answered {
			return err
		}
	}
	if c.Verb == verbCancel {
		if a.Back, err = b.upLast(ctx, e.ID); err != nil {
			return err
		}
	}
	if c.Verb == verbRedeploy {
		if a.Commit, answered, err = b.newest(ctx, p, app, a.Branch); err != nil || answered {
			return err
		}
	}
	if answered, err = b.aboutData(ctx, p, c, e, &a); err != nil || answered {
		return err
	}
	d, e, err := b.wish(ctx, e.ID, a)
	if err == nil && d.Saves {
		err = b.wantSave(ctx, e, a)
	}
	if err != nil {
		return err
	}
	return b.wished(ctx, p, d, e)
}

// outcome is the answer to a wish, or to why there was nothing to wish.
func (b *Bot) outcome(ctx context.Context, p place, d decision, e store.Environment) view {
	switch {
	case d.Refused != nil:
		return d.Refused.view(b.texts, e.Spec.Owner)
	case d.Asks:
		return b.confirmation(d, e, p)
	}
	v := answer(b.texts, d.Answer)
	if d.Answer.Code == answerAlreadyUp {
		var rows []slack.RichTextElement
		for _, u := range b.scene(e).urls() {
			rows = append(rows, row(strong(u.label), words("  "), link(u.url, u.url)))
		}
		if len(rows) > 0 {
			v = v.add(richText("addresses", rows...))
		}
	}
	if d.Answer.Code == answerNotThere {
		return v
	}
	if d.Next != nil && newParent(e, b.opt.Now()) {
		return v // the thread to follow is not there yet
	}
	return v.follow(b.texts, b.slack.permalink(ctx, e.Thread))
}
