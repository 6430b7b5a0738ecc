package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// consider is decide for somebody: it refuses what he may not do, and asks back before something is destroyed. It is pure.
func consider(e store.Environment, a asking, rules []Rule, f facts, now time.Time) decision {
	if a.From.User != "" {
		if r := judge(rules, a.request(e, now), f); r != nil {
			return decision{Answer: r.Why, Refused: r}
		}
	}
	if a.Confirmed != "" && a.Confirmed != revision(e.ID, e.Spec.Version) {
		return decision{Answer: store.Say(answerStale)}
	}
	d := decide(e, a, now)
	if question := asksBack(e, a, d.Next, now); question.Code != "" {
		return decision{Answer: question, Asks: true}
	}
	return d
}

// request is what is asked of judge.
func (a asking) request(e store.Environment, now time.Time) request {
	return request{Verb: a.Verb, Branch: a.Branch, Owner: ownerOf(e, now), Home: a.App.place()}
}

// ownerOf is who has an environment that is wanted; empty: nobody.
func ownerOf(e store.Environment, now time.Time) string {
	if absent(e, now) {
		return ""
	}
	return e.Spec.Owner
}

// factsFor asks Slack what there is to know about somebody who asks for something, where it matters.
func (b *Bot) factsFor(ctx context.Context, from place, verb string, rules []Rule) facts {
	if from.User == "" || groupOf(verb) == "" {
		return facts{}
	}
	return b.people.facts(ctx, from, slices.ContainsFunc(naming(rules, verb), func(r Rule) bool {
		return slices.ContainsFunc(r.Who, func(w string) bool { return strings.HasPrefix(w, "@") || groupID.MatchString(w) })
	}))
}

// mayNotLook tells why a question may not be asked; nil: it may. One about everything is answered for the apps that may be
// looked at, if there is one. Every other one needs the permission of each app that it may be about.
func (b *Bot) mayNotLook(ctx context.Context, from place, c command) *refusal {
	if groupOf(c.Verb) != groupLook {
		return nil
	}
	var first *refusal
	refused, apps := 0, b.meant(ctx, c)
	for _, app := range apps {
		if r := b.mayNotLookAt(ctx, from, c.Verb, app); r != nil {
			refused++
			if first == nil {
				first = r
			}
		}
	}
	if all := c.Verb == verbList || c.Verb == verbTop || c.Verb == verbHistory && c.Branch == "" && c.Pull == 0; all && refused < len(apps) {
		return nil
	}
	return first
}

func (b *Bot) mayNotLookAt(ctx context.Context, from place, verb string, app App) *refusal {
	rules := b.rulesFor(app.Name)
	if len(naming(rules, verb)) == 0 {
		return nil // open to everybody; Slack need not be asked
	}
	return judge(rules, request{Verb: verb}, b.factsFor(ctx, from, verb, rules))
}

// meant are the apps that a question may be about: of those that it may name, the ones that have an environment of the
// branch, if there are any.
func (b *Bot) meant(ctx context.Context, c command) []App {
	apps := candidates(c, b.apps())
	with := slices.DeleteFunc(slices.Clone(apps), func(a App) bool {
		e, err := b.look(ctx, b.id(a, c.Branch))
		return err != nil || absent(e, b.opt.Now())
	})
	if c.Branch == "" || len(with) == 0 {
		return apps
	}
	return with
}

// hidden are the apps that somebody may not look at in that way.
func (b *Bot) hidden(ctx context.Context, from place, verb string) map[string]bool {
	hidden := map[string]bool{}
	for _, app := range b.apps() {
		if b.mayNotLookAt(ctx, from, verb, app) != nil {
			hidden[app.Name] = true
		}
	}
	return hidden
}

// visible leaves out the environments of apps that somebody may not look at.
func (b *Bot) visible(ctx context.Context, from place, all []store.Environment) []store.Environment {
	hidden := b.hidden(ctx, from, verbList)
	return slices.DeleteFunc(all, func(e store.Environment) bool { return hidden[e.Spec.App] })
}

// shown leaves out the apps that somebody may not look at: what is suggested names none of them.
func (b *Bot) shown(ctx context.Context, from place, apps []App) []App {
	hidden := b.hidden(ctx, from, verbList)
	return slices.DeleteFunc(slices.Clone(apps), func(a App) bool { return hidden[a.Name] })
}
