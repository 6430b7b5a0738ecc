package bot

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// forbids tells, while an acknowledgement waits, why somebody surely may not do what a view asks for, and keeps that in the
// audit journal. It is nil where he may, and where that is not known in time: whoever obeys the view asks again.
func (b *Bot) forbids(ctx context.Context, a asking, e store.Environment) *refusal {
	rules := b.rulesFor(a.App.Name)
	f := b.factsFor(ctx, a.From, a.Verb, rules)
	if f.doubtful() {
		return nil
	}
	r := judge(rules, a.request(e, a.At), f)
	if r == nil {
		return nil
	}
	if err := b.record(ctx, a.From, actOf(e.ID, a, decision{Answer: r.Why, Refused: r})); err != nil {
		b.log.Error("record a refusal", "error", err)
	}
	return r
}

// forbidsUp gives the words for a form that somebody may not send, and whether they are about the place; empty where he may.
func (b *Bot) forbidsUp(ctx context.Context, p place, app App, branch, key string) (words string, elsewhere bool) {
	e, err := b.look(ctx, b.id(app, branch))
	if err != nil {
		return "", false
	}
	a := asking{Verb: verbUp, From: p, App: app, Branch: branch, Key: key, At: b.opt.Now()}
	r := b.forbids(ctx, a, e)
	if r == nil {
		return "", false
	}
	name := func(id string) string { return b.people.name(ctx, p, id) }
	if r.Why.Code == refusedPlace {
		return r.elsewhere(b.texts, name), true
	}
	return r.plain(b.texts, ownerOf(e, a.At), name), false
}

// forbidsDown gives the lines in place of a question that somebody may not say yes to; nil where he may.
func (b *Bot) forbidsDown(ctx context.Context, c slack.InteractionCallback, p place) []slack.RichTextElement {
	id, _, _ := strings.Cut(c.View.PrivateMetadata, ":")
	e, err := b.look(ctx, store.ID(id))
	if err != nil {
		return nil
	}
	app, _ := b.app(e.Spec.App)
	a := asking{Verb: verbDown, From: p, App: app, Branch: e.Spec.Branch, Key: viewKey(c.View), At: b.opt.Now()}
	r := b.forbids(ctx, a, e)
	if r == nil {
		return nil
	}
	return b.refusedRows(r, ownerOf(e, a.At))
}

func (b *Bot) refusedRows(r *refusal, owner string) []slack.RichTextElement {
	rows := []slack.RichTextElement{row(b.texts.full(r.Why)...)}
	for _, l := range r.lines(b.texts, owner) {
		rows = append(rows, row(l.parts...))
	}
	return rows
}

// openRefusal opens, in place of a form, why there is nothing in it for somebody.
func (b *Bot) openRefusal(ctx context.Context, o opening) {
	if r := b.mayNotLook(ctx, o.place, command{Verb: verbList}); r != nil {
		b, _ := b.atOnceTo(o.User)
		b.open(ctx, o, toldView(b.texts, b.refusedRows(r, "")...))
	}
}
