package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// puzzled answers words that are no command, with buttons for what may have been meant.
func (b *Bot) puzzled(ctx context.Context, p place, wrong store.Detail, inThread bool) error {
	v := answer(b.texts, wrong)
	switch verb := first(wrong.Args); {
	case wrong.Code == answerNoBranch && p.Thread != "" && !inThread:
		v = answer(b.texts, store.Say(answerUnknownThread, verb))
	case wrong.Code == answerNoBranch && verb == verbUp:
		v = v.add(slack.NewActionBlock("new", newButton(b.texts)))
	case wrong.Code == answerNoBranch && verb != verbExtend:
		all, err := b.there(ctx)
		if err != nil {
			return err
		}
		v = v.add(choices(b.texts, "", b.own(verb, p.User, b.visible(ctx, p, all)))...)
	case wrong.Code == answerTooManyWords && len(wrong.Args) > 1:
		v = v.add(choices(b.texts, b.texts.of("answer.meant").Say, b.spelled(ctx, p, verb, wrong.Args[1]))...)
	}
	return b.reply(ctx, p, v)
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// mostOffered is how many buttons a person looks through.
const mostOffered = 5

// own offers a person's environments, and then other people's.
func (b *Bot) own(verb, user string, all []store.Environment) []choice {
	slices.SortStableFunc(all, func(x, y store.Environment) int {
		return strings.Compare(whose(x, user), whose(y, user))
	})
	var offered []choice
	for _, e := range all[:min(len(all), mostOffered)] {
		offered = append(offered, choice{verb, e.Spec.App, e.Spec.Branch, revision(e.ID, e.Spec.Version), b.opt.Command + " " + verb + " " + e.Spec.Branch, 0})
	}
	return offered
}

func whose(e store.Environment, user string) string {
	if e.Spec.Owner == user {
		return "0/" + e.Spec.Branch
	}
	return "1/" + e.Spec.Branch
}

// spelled finds the branches that several words may be: one name that was typed with spaces, or several names.
func (b *Bot) spelled(ctx context.Context, p place, verb, typed string) []choice {
	words := strings.Fields(typed)
	tries := append([]string{strings.Join(words, "-"), strings.Join(words, "/"), strings.Join(words, "_"), strings.Join(words, "")}, words...)
	var offered []choice
	apps := b.shown(ctx, p, b.apps())
	for _, app := range apps {
		l, _ := b.refs.fresh(ctx, app.Repo)
		var names []string
		for i, try := range tries {
			for _, name := range nearest(clean(try), l.branches, 1) {
				// One word of several must be the name itself: half of all branches hold some short word.
				if joined := i < 4; (joined || strings.EqualFold(name, clean(try))) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		for _, name := range names {
			label := name
			if len(apps) > 1 {
				label = app.Name + ": " + name
			}
			offered = append(offered, b.choice(ctx, command{Verb: verb}, app, name, label))
		}
	}
	return offered[:min(len(offered), mostOffered)]
}
