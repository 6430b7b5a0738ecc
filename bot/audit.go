package bot

import (
	"context"

	"qabot/store"
)

// actOf is what the audit journal keeps of an asking and of what was decided.
func actOf(id store.ID, a asking, d decision) store.Act {
	act := store.Act{
		Key: a.Key + "/" + string(id), At: a.At, Verb: a.Verb, Way: a.From.Way, User: a.From.User, Team: a.From.Team, Name: a.Name,
		Channel: a.From.Channel, App: a.App.Name, Repo: a.App.Repo, Branch: a.Branch, Commit: a.Commit, Environment: id,
		Outcome: store.OutcomeNothing, Why: d.Answer.Code,
	}
	switch {
	case d.Refused != nil:
		act.Outcome = store.OutcomeRefused
	case d.Asks:
		act.Outcome = store.OutcomeAsked
	case d.Next != nil, d.Saves:
		act.Outcome = store.OutcomeDone
	}
	return act
}

// hearing is what became of a command, as far as that is known while it is being dealt with.
type hearing struct {
	kept    bool // the act is in the audit journal
	refused bool
	waits   bool   // a story goes on, whose narrator tells the end of it
	code    string // of the last answer
}

// record keeps an act that led to no wish. What came from Git and changed nothing is nobody's act.
func (b *Bot) record(ctx context.Context, from place, act store.Act) error {
	if from.User == "" {
		return nil
	}
	return b.store.Record(ctx, act)
}

// conclude records a command that came to an end before there was anything to decide, such as one for a branch that does not
// exist. It gives the error that the command ended with.
func (b *Bot) conclude(ctx context.Context, p place, c command, key string, err error) error {
	if err == nil && !p.heard.waits {
		b.nodAt(ctx, p, !p.heard.refused && !b.texts.contrary(p.heard.code))
	}
	group := groupOf(c.Verb)
	if err != nil || p.heard.kept || group == "" || group == groupLook && !p.heard.refused {
		return err
	}
	act := store.Act{
		Key: key, At: b.opt.Now(), Verb: c.Verb, Way: p.Way, User: p.User, Team: p.Team, Channel: p.Channel,
		App: c.App, Repo: c.Repo, Branch: c.Branch, Outcome: store.OutcomeNothing, Why: p.heard.code,
	}
	if apps := candidates(c, b.apps()); len(apps) == 1 {
		act.App, act.Repo = apps[0].Name, apps[0].Repo
		if c.Branch != "" {
			act.Environment = b.id(apps[0], c.Branch)
		}
	}
	switch {
	case p.heard.refused:
		act.Outcome = store.OutcomeRefused
	case act.Why == answerWhichApp:
		act.Outcome = store.OutcomeAsked
	}
	return b.store.Record(ctx, act)
}
