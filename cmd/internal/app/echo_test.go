package app_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"qabot/bot"
	"qabot/bot/slacksim"
	"qabot/cmd/internal/app"
	"qabot/store"
	"qabot/store/storetest"
)

// echo is the same conversation in another language: a second bot, in a Slack of its own whose people have that language,
// hears what the first one hears, sees what that one sees, and wishes nothing. So one run of a story gives its thread in both
// languages.
type echo struct {
	*stage
	language string
	slack    *slacksim.Workspace
	address  string
	store    *echoStore
	stop     func()
}

func newEcho(s *stage, language string) *echo {
	s.t.Helper()
	e := &echo{stage: s, language: language, slack: slacksim.New(slacksim.Options{
		BotToken: s.world.Secrets.SlackBotToken, AppToken: s.world.Secrets.SlackAppToken, Locale: language, AckWithin: patience,
	})}
	server := httptest.NewServer(e.slack.Handler())
	e.address = server.URL + "/api/"
	own := storetest.Open(s.t)
	e.store = &echoStore{Store: own, truth: s.store, threads: map[store.ID]store.Thread{}, shown: map[store.ID]int64{}, told: map[string]bool{}}
	s.t.Cleanup(func() {
		e.slack.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return e
}

// begin runs the second bot until end.
func (e *echo) begin() {
	config := *e.world.Config
	config.Slack.API, config.Language = e.address, e.language
	config.GitHub.Tell, config.Apps = nil, slices.Clone(config.Apps)
	for i := range config.Apps {
		config.Apps[i].Tell = nil // the first bot does
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.t.Context()))
	ended := make(chan error, 1)
	var poking sync.WaitGroup
	go func() {
		ended <- app.Speak(ctx, app.Options{
			Config: &config, Secrets: e.world.Secrets, Log: e.log.With("echo", e.language), Now: e.now(),
			BotStore: func(*store.Store) bot.Store { return e.store },
		}, func(b *bot.Bot) { poking.Go(func() { e.poke(ctx, b) }) })
	}()
	e.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			e.t.Errorf("echo ended: %v", err)
		}
		poking.Wait()
		e.stop = nil
	}
	if err := e.slack.AwaitConnections(e.t.Context(), 1); err != nil {
		e.t.Fatal(err)
	}
}

func (e *echo) end() {
	if e.stop != nil {
		e.stop()
	}
}

// poke tells the second bot what the provisioner tells the first one.
func (e *echo) poke(ctx context.Context, b *bot.Bot) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		ids, err := e.store.Changed(ctx)
		if err != nil {
			continue // the bot logs it
		}
		for _, id := range ids {
			b.Poke(id)
		}
	}
}

// hear lets the second bot hear something, and waits until it has answered: it must see the world as it was before the first one
// acts.
func (e *echo) hear(letters int, what func() error) {
	e.t.Helper()
	before := e.store.received()
	if err := what(); err != nil {
		e.t.Fatalf("echo: %v", err)
	}
	e.eventually(func() string {
		if n := e.store.received() - before; n < letters {
			return fmt.Sprintf("echo: %d letters of %d came", n, letters)
		}
		return e.silent()
	})
}

// silent is empty once every letter is answered.
func (e *echo) silent() string {
	ctx := e.t.Context()
	if lanes, err := e.store.Lanes(ctx); err != nil || len(lanes) > 0 {
		return fmt.Sprintf("echo: letters wait in %v (%v)", lanes, err)
	}
	if lanes, err := e.store.Unsent(ctx); err != nil || len(lanes) > 0 {
		return fmt.Sprintf("echo: answers wait in %v (%v)", lanes, err)
	}
	return ""
}

// settled is empty once everything is told.
func (e *echo) settled() string {
	ctx := e.t.Context()
	if why := e.silent(); why != "" {
		return why
	}
	changed, err := e.store.Changed(ctx)
	if err != nil || len(changed) > 0 {
		return fmt.Sprintf("echo: changes of %v are not told (%v)", changed, err)
	}
	for _, env := range e.environments() {
		if events, err := e.store.Untold(ctx, env.ID); err != nil || len(events) > 0 {
			return fmt.Sprintf("echo: %s has %d untold events (%v)", env.ID, len(events), err)
		}
	}
	return ""
}

// click presses the button that does the same, once as much was said below it as below the first one: answers go into a
// message's thread only where there is one.
func (e *echo) click(user, action, value string, replies int) {
	e.t.Helper()
	var ts string
	same := func(v string) bool {
		a, _, _ := strings.Cut(v, "|")
		b, _, _ := strings.Cut(value, "|")
		return a == b
	}
	e.eventually(func() string {
		ts = ""
		eachButton(e.slack.Messages("#qa"), func(message, _, a, v string) {
			if a == action && same(v) {
				ts = message
			}
		})
		if ts == "" {
			return fmt.Sprintf("echo: no button %s %s\n%s", action, value, e.thread())
		}
		if n := repliesTo(e.slack, ts); n < replies {
			return fmt.Sprintf("echo: %d of %d replies to %s came", n, replies, ts)
		}
		return ""
	})
	e.hear(1, func() error { return e.slack.Click(e.t.Context(), user, "#qa", ts, action) })
}

// repliesTo counts what all can read below a message of #qa.
func repliesTo(w *slacksim.Workspace, ts string) (n int) {
	for _, m := range w.Messages("#qa") {
		for _, r := range m.Replies {
			if m.TS == ts && r.Ephemeral == "" {
				n++
			}
		}
	}
	return n
}

// thread is what #qa looks like in the other language.
func (e *echo) thread() string { return threadOf(e.slack) }

// eachButton visits the buttons of all messages, the oldest first.
func eachButton(messages []slacksim.Message, visit func(ts, label, action, value string)) {
	search := func(m slacksim.Message) {
		var blocks []struct {
			Elements  []map[string]any `json:"elements"`
			Accessory map[string]any   `json:"accessory"`
		}
		json.Unmarshal(m.Blocks, &blocks)
		for _, b := range blocks {
			for _, x := range append(b.Elements, b.Accessory) {
				if text, ok := x["text"].(map[string]any); ok && x["type"] == "button" {
					visit(m.TS, str(text["text"]), str(x["action_id"]), str(x["value"]))
				}
			}
		}
	}
	for _, m := range messages {
		search(m)
		for _, r := range m.Replies {
			search(r)
		}
	}
}

// echoStore has letters, answers and claims of its own, and the environments of the first bot's store. What is told of them
// is remembered apart; wishes come to nothing.
type echoStore struct {
	*store.Store
	truth *store.Store

	mu      sync.Mutex
	letters int
	threads map[store.ID]store.Thread
	shown   map[store.ID]int64
	told    map[string]bool
}

func (s *echoStore) received() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.letters
}

func (s *echoStore) Receive(ctx context.Context, l store.Letter) (bool, error) {
	fresh, err := s.ReceiveAll(ctx, []store.Letter{l})
	return err == nil && fresh[0], err
}

func (s *echoStore) ReceiveAll(ctx context.Context, letters []store.Letter) ([]bool, error) {
	fresh, err := s.Store.ReceiveAll(ctx, letters)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letters += len(letters)
	return fresh, nil
}

func (s *echoStore) Usual(ctx context.Context, app string, k store.Kind) (time.Duration, error) {
	return s.truth.Usual(ctx, app, k)
}

func (s *echoStore) Want(ctx context.Context, id store.ID, change func(*store.Spec) ([]store.Event, error), _ ...store.Act) (store.Environment, error) {
	e, err := s.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		e, err = store.Environment{ID: id}, nil
	}
	if err != nil {
		return e, err
	}
	if _, err := change(&e.Spec); err != nil {
		return e, err
	}
	e.Spec.Version++
	return e, nil
}

func (s *echoStore) own(e store.Environment) store.Environment {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Thread = s.threads[e.ID]
	return e
}

func (s *echoStore) Get(ctx context.Context, id store.ID) (store.Environment, error) {
	e, err := s.truth.Get(ctx, id)
	return s.own(e), err
}

func (s *echoStore) List(ctx context.Context) ([]store.Environment, error) {
	all, err := s.truth.List(ctx)
	for i := range all {
		all[i] = s.own(all[i])
	}
	return all, err
}

func (s *echoStore) Events(ctx context.Context, id store.ID, limit int) ([]store.Event, error) {
	return s.truth.Events(ctx, id, limit)
}

func (s *echoStore) Record(context.Context, store.Act) error { return nil }

func (s *echoStore) Acts(ctx context.Context, want store.ActQuery) ([]store.Act, error) {
	return s.truth.Acts(ctx, want)
}

func (s *echoStore) Changed(ctx context.Context) (ids []store.ID, err error) {
	all, err := s.truth.List(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range all {
		if e.Changed > s.shown[e.ID] {
			ids = append(ids, e.ID)
		}
	}
	return ids, err
}

func (s *echoStore) Untold(ctx context.Context, id store.ID) (untold []store.Event, err error) {
	all, err := s.truth.Events(ctx, id, 1000)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range all {
		if !s.told[fmt.Sprint(id, "/", e.N)] {
			e.Told = false
			untold = append(untold, e)
		}
	}
	return untold, err
}

func (s *echoStore) Told(_ context.Context, _ *store.Claim, id store.ID, n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[fmt.Sprint(id, "/", n)] = true
	return nil
}

func (s *echoStore) SaveThread(_ context.Context, _ *store.Claim, id store.ID, t store.Thread, changed int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.threads[id], s.shown[id] = t, cmp.Or(changed, s.shown[id])
	return nil
}

// Saves are those of the first bot, which alone wishes for them.
func (s *echoStore) Saves(ctx context.Context) ([]store.Save, error) { return s.truth.Saves(ctx) }

func (s *echoStore) WantSave(context.Context, store.SaveWish) error { return nil }

func (s *echoStore) DropSave(context.Context, string, string) error { return nil }
