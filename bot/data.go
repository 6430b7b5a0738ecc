package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// Codes of words about data. The comments name the arguments.
const (
	answerDataWhat  = "answer.data-what"  // no arguments
	answerSaveName  = "answer.save-name"  // verb as typed
	answerCopyWhat  = "answer.copy-what"  // no arguments
	answerResetting = "answer.resetting"  // branch
	answerLoading   = "answer.loading"    // branch, name
	answerCopying   = "answer.copying"    // branch, branch that the data comes from
	answerSaving    = "answer.saving"     // branch, name
	answerSaveTaken = "answer.save-taken" // name
	answerNoData    = "answer.no-data"    // branch
	answerNoSave    = "answer.no-save"    // name, names of others
	answerNoSaves   = "answer.no-saves"   // no arguments
	answerUnsaved   = "answer.unsaved"    // name
	confirmFresh    = "confirm.fresh"     // branch, verb
	confirmApart    = "confirm.apart"     // branch, verb, migrations that run again, migrations that the branch does not know

	labelReplace = "label.replace" // a button
	labelSaves   = "label.saves"   // no arguments
	saveLine     = "save.line"     // name, branch, size, when, who
	savePending  = "save.pending"  // name, branch, who
)

// decideData gives an environment other data: fresh, saved, or another's. What runs stays as it is until that is there, and is started anew then.
func decideData(e store.Environment, a asking, now time.Time) decision {
	switch {
	case absent(e, now):
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	case e.Spec.Gone(now):
		return decision{Answer: store.Say(answerLeaving, a.Branch)}
	}
	next := e.Spec
	next.Data = store.Data{Epoch: e.Spec.Data.Epoch + 1, From: a.Source}
	said := store.Say(answerResetting, a.Branch)
	switch a.Verb {
	case verbLoad:
		said = store.Say(answerLoading, a.Branch, a.Save)
	case verbCopy:
		said = store.Say(answerCopying, a.Branch, strings.TrimPrefix(a.Source, store.FromEnvironment+" "))
	}
	return wish(again(next, a), a, said.Code, anys(said.Args)...)
}

// decideSave only looks whether there is something to save: the wish for it is another's.
func decideSave(e store.Environment, a asking, now time.Time) decision {
	switch {
	case absent(e, now):
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	case e.Spec.Gone(now):
		return decision{Answer: store.Say(answerLeaving, a.Branch)}
	case a.Taken:
		return decision{Answer: store.Say(answerSaveTaken, a.Save)}
	case e.Status.Seen["schema"].State != store.Ready:
		return decision{Answer: store.Say(answerNoData, a.Branch)}
	}
	return decision{Answer: store.Say(answerSaving, a.Branch, a.Save), Saves: true}
}

// aboutData adds to an asking what there is to know about the data that it speaks of. answered is true when the person was told that there is
// none.
func (b *Bot) aboutData(ctx context.Context, p place, c command, e store.Environment, a *asking) (answered bool, err error) {
	switch c.Verb {
	case verbSave, verbLoad:
		a.Save = c.Save
		saves, err := b.savesOf(ctx, e.Spec.App)
		if err != nil {
			return false, err
		}
		i := slices.IndexFunc(saves, func(s store.Save) bool { return s.Name == c.Save })
		if c.Verb == verbSave {
			a.Taken = i >= 0 && saves[i].Letter != a.Key
			return false, nil
		}
		if i < 0 || saves[i].Dropped || saves[i].Status.Done != store.Succeeded {
			return true, b.reply(ctx, p, b.noSave(c.Save, saves))
		}
		a.Source = store.Source{Sort: store.FromSave, Name: c.Save}.String()
	case verbCopy:
		a.Save = c.From
		a.Source = store.Source{Sort: store.FromEnvironment, Name: c.From}.String()
		from, err := b.look(ctx, store.NewID(b.opt.Installation, e.Spec.App, c.From))
		if err != nil {
			return false, err
		}
		if absent(from, b.opt.Now()) || from.ID == e.ID {
			return true, b.reply(ctx, p, b.notThere(command{Verb: verbStatus, Branch: c.From}, nil))
		}
	default:
		return false, nil
	}
	if a.Confirmed != "" {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	if a.Apart, err = b.opt.Questions.Apart(ctx, e, a.Source); err != nil {
		b.log.Warn("ask how far data is apart", "env", e.ID, "from", a.Source, "error", err)
		return true, b.reply(ctx, p, answer(b.texts, unanswered(err)))
	}
	return false, nil
}

// noSave says that there is no data of that name, and which there is.
func (b *Bot) noSave(name string, saves []store.Save) view {
	var names []string
	for _, s := range saves {
		if !s.Dropped && s.Status.Done == store.Succeeded {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 {
		return answer(b.texts, store.Say(answerNoSaves))
	}
	return answer(b.texts, store.Say(answerNoSave, name, strings.Join(names, ", ")))
}

func (b *Bot) savesOf(ctx context.Context, app string) ([]store.Save, error) {
	all, err := b.store.Saves(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(s store.Save) bool { return s.App != app }), nil
}

// wantSave writes the wish to save, once it was decided that it may be.
func (b *Bot) wantSave(ctx context.Context, e store.Environment, a asking) error {
	err := b.store.WantSave(ctx, store.SaveWish{App: e.Spec.App, Name: a.Save, Environment: e.ID, Branch: e.Spec.Branch, By: a.By, At: a.At, Letter: a.Key})
	if errors.Is(err, store.ErrTaken) {
		b.log.Info("two saves of one name", "app", e.Spec.App, "name", a.Save)
		return nil // somebody was faster by a moment; the list shows whose it is
	}
	return err
}

// unsave drops a save. It belongs to an app and to no environment.
func (b *Bot) unsave(ctx context.Context, p place, c command, key string) error {
	all, err := b.store.Saves(ctx)
	if err != nil {
		return err
	}
	hidden := b.hidden(ctx, p, verbSaves)
	all = slices.DeleteFunc(all, func(s store.Save) bool { return s.Dropped || hidden[s.App] || c.App != "" && s.App != c.App })
	mine := slices.DeleteFunc(slices.Clone(all), func(s store.Save) bool { return s.Name != c.Save })
	switch len(mine) {
	case 1:
	case 0:
		return b.reply(ctx, p, b.noSave(c.Save, all))
	default:
		return b.reply(ctx, p, answer(b.texts, store.Say(answerWhichApp, c.Save, appNames(b.apps()))))
	}
	save := mine[0]
	app, _ := b.app(save.App)
	rules := b.rulesFor(save.App)
	f := b.factsFor(ctx, p, c.Verb, rules)
	d := decision{Answer: store.Say(answerUnsaved, save.Name), Saves: true}
	if r := judge(rules, request{Verb: c.Verb, Branch: save.Branch, Owner: save.By, Home: app.place()}, f); r != nil {
		d = decision{Answer: r.Why, Refused: r}
	}
	p.heard.kept = true
	act := actOf(save.Environment, asking{Verb: c.Verb, App: app, Branch: save.Branch, From: p, By: p.User, Key: key, At: b.opt.Now()}, d)
	if err := b.record(ctx, p, act); err != nil {
		return err
	}
	if d.Refused != nil {
		p.heard.refused = true
		return b.reply(ctx, p, d.Refused.view(b.texts, save.By))
	}
	if err := b.store.DropSave(ctx, save.App, save.Name); err != nil {
		return err
	}
	return b.reply(ctx, p, answer(b.texts, d.Answer))
}
