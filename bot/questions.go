package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"qabot/store"
)

// Questions are what can be asked about the world behind the store. A question changes nothing, neither there nor in the
// store.
type Questions interface {
	// Plan tells what would be done for an environment if its Spec were wished for now.
	Plan(ctx context.Context, env store.Environment) ([]store.Foreseen, error)
	// Logs gives the ends of a role's logs, the newest task first, at most most lines of all.
	Logs(ctx context.Context, env store.Environment, role string, most int) ([]store.Log, error)
	// Proofs asks every role what it serves.
	Proofs(ctx context.Context, env store.Environment) ([]store.Proof, error)
	// Connections counts those to the database.
	Connections(ctx context.Context, env store.Environment) (store.Connections, error)
	// Traces lists everything in the world that bears the installation's marks, or looks as if it did.
	Traces(ctx context.Context) ([]store.Trace, error)
	// Top tells how the database's server is used, and how much of it each environment has.
	Top(ctx context.Context, envs []store.Environment) (store.Top, error)
	// Apart tells how far data from elsewhere, a store.Source, is from the environment's own.
	Apart(ctx context.Context, env store.Environment, from string) (store.Apart, error)
}

// unasked are Questions that nobody answers.
type unasked struct{}

var errUnasked = errors.New("nobody answers questions here")

func (unasked) Plan(context.Context, store.Environment) ([]store.Foreseen, error) {
	return nil, errUnasked
}

func (unasked) Logs(context.Context, store.Environment, string, int) ([]store.Log, error) {
	return nil, errUnasked
}

func (unasked) Proofs(context.Context, store.Environment) ([]store.Proof, error) {
	return nil, errUnasked
}

func (unasked) Top(context.Context, []store.Environment) (store.Top, error) {
	return store.Top{}, errUnasked
}

func (unasked) Connections(context.Context, store.Environment) (store.Connections, error) {
	return store.Connections{}, errUnasked
}

func (unasked) Traces(context.Context) ([]store.Trace, error) { return nil, errUnasked }

func (unasked) Apart(context.Context, store.Environment, string) (store.Apart, error) {
	return store.Apart{}, errUnasked
}

// questionTime is how long an answer may take: people wait for it.
const questionTime = 8 * time.Second

// known is what was found out about one environment; what could not be is empty.
type known struct {
	proofs      []store.Proof
	things      []store.Foreseen
	connections *store.Connections
	head        string // commit of the branch on GitHub
	events      []store.Event
}

// findOut asks everybody at the same time.
func (b *Bot) findOut(ctx context.Context, e store.Environment) known {
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	var k known
	var wg sync.WaitGroup
	ask := func(what string, do func() error) {
		wg.Go(func() {
			b.guarded(func() {
				if err := do(); err != nil {
					b.log.Warn("ask", "what", what, "env", e.ID, "error", err)
				}
			})
		})
	}
	ask("what is served", func() (err error) { k.proofs, err = b.opt.Questions.Proofs(ctx, e); return err })
	ask("names", func() (err error) { k.things, err = b.opt.Questions.Plan(ctx, e); return err })
	ask("connections", func() error {
		c, err := b.opt.Questions.Connections(ctx, e)
		if err == nil {
			k.connections = &c
		}
		return err
	})
	ask("head", func() (err error) { k.head, _, err = b.github.head(ctx, e.Spec.Repo, e.Spec.Branch); return err })
	ask("journal", func() (err error) { k.events, err = b.store.Events(ctx, e.ID, journalRead); return err })
	wg.Wait()
	return k
}

// journalRead is how far back the journal is looked through for what was last.
const journalRead = 200

// last gives the newest event that is meant; ok is false when there is none.
func last(events []store.Event, meant func(store.Event) bool) (e store.Event, ok bool) {
	for _, e := range slices.Backward(events) {
		if meant(e) {
			return e, true
		}
	}
	return store.Event{}, false
}

// ofCode means the events of that code.
func ofCode(code string) func(store.Event) bool {
	return func(e store.Event) bool { return e.Code == code }
}

// inform answers a question about an environment that is there.
func (b *Bot) inform(ctx context.Context, p place, c command, e store.Environment) error {
	s, thread := b.scene(e), b.slack.permalink(ctx, e.Thread)
	if c.Verb == verbStatus {
		return b.reply(ctx, p, s.status(b.findOut(ctx, e), thread))
	}
	v, err := b.logs(ctx, s, c.Role)
	if err != nil {
		return err
	}
	return b.reply(ctx, p, v.follow(b.texts, thread))
}

// linesAsked is how many lines of a log a person reads in a message.
const linesAsked = 30

// logs shows the end of a role's log; of the one that failed, or else the first, where none is named.
func (b *Bot) logs(ctx context.Context, s scene, role string) (view, error) {
	roles := s.app.roles()
	events, err := b.store.Events(ctx, s.env.ID, journalRead)
	if err != nil {
		return view{}, err
	}
	failure, failed := s.failure(events)
	switch {
	case role == "" && failed && failure.Kind.Sort() == "service":
		role = failure.Kind.Role()
	case role == "" && len(roles) > 0:
		role = roles[0]
	case !slices.Contains(roles, role):
		return answer(b.texts, store.Say(answerNoRole, role, strings.Join(roles, ", "))), nil
	}
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	found, err := b.opt.Questions.Logs(ctx, s.env, role, linesAsked)
	if err != nil {
		b.log.Warn("ask for logs", "env", s.env.ID, "role", role, "error", err)
		return answer(b.texts, unanswered(err)).add(s.logButtons(role)...), nil
	}
	var why *store.Event
	if failed {
		why = &failure
	}
	return s.logs(role, found, why), nil
}

// failure is the newest failure of the present wish, when that is where the environment is stuck.
func (s scene) failure(events []store.Event) (store.Event, bool) {
	if s.env.Phase(s.now) != store.Broken {
		return store.Event{}, false
	}
	return last(events, func(e store.Event) bool {
		return e.Code == store.EventFailed && e.Generation == s.env.Spec.Generation
	})
}

// unanswered says that a question got no answer, and why where that is known.
func unanswered(err error) store.Detail {
	var problem *store.Problem
	if errors.As(err, &problem) {
		return problem.Detail
	}
	return store.Say(answerNoAnswer)
}

// roles are what runs of the app, in the order of its stages.
func (a App) roles() []string {
	var out []string
	for _, side := range a.Stages {
		for _, k := range side {
			if k.Sort() == "service" {
				out = append(out, k.Role())
			}
		}
	}
	return out
}
