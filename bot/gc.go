package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// verbGC lists what is left in the world of environments that nobody has.
const verbGC = "gc"

// Codes of words around what is left over. The comments name the arguments.
const (
	answerNoStrays   = "answer.no-strays"   // no arguments
	answerManyStrays = "answer.many-strays" // their number
	labelStrayGone   = "label.stray-gone"   // ID, branch: it was taken down
	labelStrayLost   = "label.stray-lost"   // ID, branch: no row knows of it
	labelStrayDoubt  = "label.stray-doubt"  // ID
	labelGCHow       = "label.gc-how"       // no arguments
	labelGCDone      = "label.gc-done"      // number of environments
)

// Bounds of a list in Slack.
const (
	straysShown      = 8
	strayThingsShown = 6
)

// strays asks for everything that bears our marks, and gives what belongs to nobody.
func (b *Bot) strays(ctx context.Context) ([]store.Stray, error) {
	traces, err := b.opt.Questions.Traces(ctx)
	if err != nil {
		return nil, err
	}
	all, err := b.store.List(ctx)
	if err != nil {
		return nil, err
	}
	strays := store.Strays(traces, all, b.opt.Now())
	for i, s := range strays {
		if s.Standing != store.Unknownst {
			continue
		}
		if apps := b.apps(); s.App == "" && len(apps) == 1 {
			strays[i].App = apps[0].Name // Redis does not say whose it is
		}
		if _, ok := b.app(strays[i].App); !ok {
			strays[i].Standing, strays[i].Doubt = store.Doubtful, store.DoubtApp
		}
	}
	rank := map[store.Standing]int{store.Unknownst: 1, store.Unburied: 2, store.Doubtful: 3}
	slices.SortStableFunc(strays, func(a, b store.Stray) int { return rank[a.Standing] - rank[b.Standing] })
	return strays, nil
}

// leftOver answers what is left over. What is not proven to be ours is nobody's business here: names of other people's things.
func (b *Bot) leftOver(ctx context.Context, p place) error {
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	strays, err := b.strays(ctx)
	if err != nil {
		b.log.Warn("ask for what is left over", "error", err)
		return b.reply(ctx, p, answer(b.texts, unanswered(err)))
	}
	strays = slices.DeleteFunc(strays, func(s store.Stray) bool { return s.Standing == store.Doubtful })
	return b.reply(ctx, p, leftOvers(b.texts, strays, straysShown, strayThingsShown, true))
}

// leftOvers shows what is left over, each with what it has, and says how it is taken away.
func leftOvers(t texts, strays []store.Stray, most, things int, how bool) view {
	if len(strays) == 0 {
		return answer(t, store.Say(answerNoStrays))
	}
	v := answer(t, store.Say(answerManyStrays, len(strays)))
	var rows []slack.RichTextElement
	for _, s := range strays[:min(len(strays), most)] {
		label := map[store.Standing]string{store.Unburied: labelStrayGone, store.Unknownst: labelStrayLost, store.Doubtful: labelStrayDoubt}[s.Standing]
		parts := append([]element{emoji("heavy_minus_sign"), words(" ")}, t.rich(t.of(label).Say, short(string(s.ID), 64), short(cmp.Or(s.Branch, "?"), 80))...)
		if s.Doubt != "" {
			parts = append(append(parts, words(t.gap)), t.rich(t.of(s.Doubt).Say)...)
		}
		rows = append(rows, row(parts...))
		for _, thing := range s.Things[:min(len(s.Things), things)] {
			rows = append(rows, row(append([]element{words("    ")}, t.rich(t.of(thing.Code).Say, shorts(thing.Args, 120)...)...)...))
		}
		if more := len(s.Things) - things; more > 0 {
			rows = append(rows, row(append([]element{words("    ")}, t.rich(t.of(labelMore).Say, strconv.Itoa(more))...)...))
		}
	}
	if more := len(strays) - most; more > 0 {
		rows = append(rows, row(t.rich(t.of(labelMore).Say, strconv.Itoa(more))...))
	}
	v = v.add(richText("strays", rows...))
	if how {
		v = v.add(richText("how", row(t.rich(t.of(labelGCHow).Say)...)))
	}
	return v
}

// GC lists what is left over, as a text. Unless dry, it also makes a tombstone of each environment that no row knows of, and
// of each that is gone a wish to look again, so that the ordinary pass takes away what its resources find to be theirs.
func (b *Bot) GC(ctx context.Context, dry bool) (string, error) {
	strays, err := b.strays(ctx)
	if err != nil {
		return "", b.plainly(unanswered(err), err)
	}
	v := leftOvers(b.texts, strays, math.MaxInt, math.MaxInt, dry)
	text := v.lines()
	if dry || len(strays) == 0 {
		return text, nil
	}
	buried := 0
	var faults []error
	for _, s := range strays {
		done, err := b.bury(ctx, s)
		faults = append(faults, err)
		if done {
			buried++
		}
	}
	return text + b.texts.plain(b.texts.of(labelGCDone).Say, strconv.Itoa(buried)) + "\n", errors.Join(faults...)
}

// bury makes it known that nobody wants what is there.
func (b *Bot) bury(ctx context.Context, s store.Stray) (done bool, err error) {
	app, ok := b.app(s.App)
	if s.Standing == store.Doubtful || !ok {
		return false, nil
	}
	now := b.opt.Now()
	act := store.Act{
		Key: fmt.Sprintf("gc/%s/%d", s.ID, now.UnixMilli()), At: now, Verb: verbGC, Way: store.WayShell, App: app.Name, Repo: app.Repo,
		Branch: s.Branch, Environment: s.ID, Outcome: store.OutcomeDone,
	}
	_, err = b.store.Want(ctx, s.ID, func(spec *store.Spec) ([]store.Event, error) {
		if spec.Version > 0 && (!spec.Gone(now) || now.Before(spec.KeepDataUntil)) || spec.Version == 0 && s.Standing != store.Unknownst {
			return nil, errOvertaken
		}
		if spec.Version == 0 {
			*spec = store.Spec{App: app.Name, Repo: app.Repo, Branch: cmp.Or(s.Branch, string(s.ID)), Generation: 1}
		}
		spec.Released, spec.KeepDataUntil = true, time.Time{}
		return nil, nil
	}, act)
	if errors.Is(err, errOvertaken) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("make a tombstone of %s: %w", s.ID, err)
	}
	return true, nil
}
