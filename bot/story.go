package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"qabot/store"
)

// parentLasts is how long people scroll back for a thread: an up after that begins a new one.
const parentLasts = 24 * time.Hour

// soon is when a story goes on that the budget stopped.
const soon = time.Second

// errLost says that the thread can no longer be written to, so the story needs a new parent.
var errLost = errors.New("the thread is lost")

// story is one environment's thread being brought up to date.
type story struct {
	*narrator
	claim   *store.Claim
	env     store.Environment
	thread  store.Thread
	doubt   bool // messages may have been posted that the store does not know of
	renewed time.Time
	usual   time.Duration // that a deployment of the app takes, while there is one
}

// newParent tells whether the wish asks for a message of its own: an up in another channel, or long after the last one, or
// anything that brings back what was taken down. Everything else goes on in the message that is there.
func newParent(e store.Environment, now time.Time) bool {
	t, asked := e.Thread, e.Spec.Asked
	switch {
	case t.TS == "":
		return true
	case asked.At.Equal(t.Asked):
		return false
	case e.Spec.Gone(now):
		return false
	case strings.HasPrefix(t.Hash, string(store.Removed)+"/"), strings.HasPrefix(t.Hash, string(store.Removing)+"/"), strings.HasPrefix(t.Hash, string(store.Kept)+"/"):
		return true
	case asked.Verb != verbUp:
		return false
	}
	return asked.Channel != t.Channel || now.Sub(posted(t.TS)) > parentLasts
}

// posted is when a message was posted, as its timestamp says.
func posted(ts string) time.Time {
	seconds, _, _ := strings.Cut(ts, ".")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

// tell does everything that is due: a new parent, the parent's present state, facts not told yet.
func (t *story) tell(ctx context.Context) (again time.Duration, err error) {
	if t.env.Spec.Asked.Verb == "" && t.thread.TS == "" {
		return 0, t.save(ctx, true) // nobody asked for it: a row that only waits for its remains to be removed
	}
	for range 3 {
		again, err = t.once(ctx)
		if !errors.Is(err, errLost) {
			return again, err
		}
		t.thread = t.thread.Left()
		if err := t.save(ctx, false); err != nil {
			return 0, err
		}
		t.env.Thread = t.thread
	}
	return 0, err
}

func (t *story) once(ctx context.Context) (again time.Duration, err error) {
	events, err := t.bot.store.Untold(ctx, t.env.ID)
	if err != nil {
		return 0, err
	}
	now := t.bot.opt.Now()
	if t.env.Phase(now) == store.Deploying && !t.env.Spec.Asleep {
		if t.usual, err = t.bot.store.Usual(ctx, t.env.Spec.App, ""); err != nil {
			return 0, err
		}
	}
	if newParent(t.env, now) {
		if t.thread.TS != "" {
			// The end of the last story belongs under its own parent.
			var before []store.Event
			for len(events) > 0 && events[0].At.Before(t.env.Spec.Asked.At) {
				before, events = append(before, events[0]), events[1:]
			}
			if again, err := t.replies(ctx, before); (err != nil || again > 0) && !errors.Is(err, errLost) {
				return again, err
			}
		}
		if again, err = t.begin(ctx, now); err != nil || again > 0 {
			return again, err
		}
	}
	if t.thread.TS == "" {
		return 0, errors.Join(t.silently(ctx, events), t.save(ctx, true))
	}
	later, err := t.edit(ctx, now)
	if err != nil {
		return 0, err
	}
	again, err = t.replies(ctx, events)
	if err != nil {
		return 0, err
	}
	pointing, err := t.moveOn(ctx, now)
	if err != nil {
		return 0, err
	}
	if err := t.react(ctx); err != nil {
		return 0, err
	}
	again = max(again, later, pointing)
	return again, t.save(ctx, again == 0)
}

// ready proves that the story is still this process's before something is said.
func (t *story) ready(ctx context.Context) error {
	if time.Since(t.renewed) > store.RenewEvery {
		if err := t.bot.store.Renew(ctx, t.claim); err != nil {
			return err
		}
		t.renewed = time.Now()
	}
	return t.claim.Check()
}

// save keeps where the story is; told says that nothing is left to tell of what was read.
func (t *story) save(ctx context.Context, told bool) error {
	var changed int64
	if told {
		changed = t.env.Changed
	}
	return t.bot.store.SaveThread(ctx, t.claim, t.env.ID, t.thread, changed)
}

// begin posts a new parent in the first place that is open to the bot.
func (t *story) begin(ctx context.Context, now time.Time) (again time.Duration, err error) {
	s := t.scene(now)
	var channel, ts string
	for _, place := range t.places(ctx) {
		if channel, err = place(); channel != "" && err == nil {
			ts, again, err = t.say(ctx, channel, "", s.parent(), t.parentKey(), t.env.Spec.Asked.At)
		}
		if err != nil && !shut(err) || again > 0 {
			return again, err
		}
		if ts != "" {
			break
		}
	}
	if ts == "" {
		t.bot.log.Warn("story without a place to tell it", "env", t.env.ID, "error", err)
		channel = ""
	}
	state := s.state()
	if t.doubt {
		state, _, _ = strings.Cut(state, "/")
		state += "/" // it may have been posted before, and be of an earlier state: what it shows is not known
	}
	// The end of an environment stays as it was told; another parent that is left is told where the story goes on, so that
	// its buttons and its state mislead nobody.
	left := t.thread.TS != "" && !strings.HasPrefix(t.thread.Hash, string(store.Removed)+"/")
	t.thread = store.Thread{
		Channel: channel, TS: ts, Asked: t.env.Spec.Asked.At, Hash: state, Edited: now, Former: t.thread.Left().Former, Reaction: t.thread.Reaction,
		Pointer: left && ts != "",
	}
	return 0, t.save(ctx, false)
}

// places are where a story may be told, in the order in which they are tried: where it was asked for, as a direct message to
// whoever asked, or whose it is, and where the app's branches are told.
func (t *story) places(ctx context.Context) []func() (channel string, err error) {
	spec := t.env.Spec
	app, _ := t.bot.app(spec.App)
	is := func(channel string) func() (string, error) { return func() (string, error) { return channel, nil } }
	to := func(user string) func() (string, error) {
		return func() (string, error) {
			if user == "" {
				return "", nil
			}
			return t.bot.slack.direct(ctx, user)
		}
	}
	return []func() (string, error){
		is(cmp.Or(spec.Asked.Channel, t.thread.Channel)), to(spec.Asked.By), to(spec.Owner),
		func() (string, error) { return t.bot.home(ctx, app), nil },
	}
}

// parentKey names the parent of a wish: the first one, or the one after a parent that was lost.
func (t *story) parentKey() string {
	key := "parent/" + strconv.FormatInt(t.env.Spec.Asked.At.UnixMilli(), 10)
	if n := len(t.thread.Former); n > 0 && t.thread.TS == "" {
		key += "/" + t.thread.Former[n-1].TS
	}
	return key
}

// moveOn leaves a pointer in the parent before this one.
func (t *story) moveOn(ctx context.Context, now time.Time) (again time.Duration, err error) {
	if !t.thread.Pointer || len(t.thread.Former) == 0 {
		return 0, nil
	}
	if !t.edited(t.env.ID, progressed) {
		return soon, nil
	}
	old := t.thread.Former[len(t.thread.Former)-1]
	v := t.scene(now).movedOn(t.bot.slack.permalink(ctx, t.thread))
	err = t.call(ctx, func(ctx context.Context) error { return t.bot.slack.edit(ctx, old.Channel, old.TS, v) })
	if passing(err) {
		return 0, err
	}
	if err != nil {
		t.bot.log.Info("leave pointer in old thread", "env", t.env.ID, "error", err)
	}
	t.thread.Pointer = false
	return 0, nil
}

// edit brings the parent up to date where it differs, and now and then where only time went by.
func (t *story) edit(ctx context.Context, now time.Time) (again time.Duration, err error) {
	s := t.scene(now)
	state := s.state()
	phase := t.env.Phase(now)
	running := phase == store.Deploying || phase == store.Removing
	u := progressed
	switch {
	case t.thread.Hash == state && !t.thread.Asked.Equal(t.env.Spec.Asked.At):
		t.thread.Asked = t.env.Spec.Asked.At
		return 0, nil
	case t.thread.Hash == state && (!running || now.Sub(t.thread.Edited) < heartbeatTime):
		return 0, nil
	case t.thread.Hash == state:
		u = heartbeat
	case !running:
		u = final
	}
	if !t.edited(t.env.ID, u) {
		if u == heartbeat {
			return 0, nil
		}
		return soon, nil
	}
	err = t.call(ctx, func(ctx context.Context) error {
		return t.bot.slack.edit(ctx, t.thread.Channel, t.thread.TS, s.parent())
	})
	if deleted(err) || closed(err) {
		return 0, errLost
	}
	if err != nil {
		return 0, err
	}
	t.thread.Hash, t.thread.Edited, t.thread.Asked = state, now, t.env.Spec.Asked.At
	return 0, nil
}

// replies tells facts in the thread, each once; failures that belong together in one reply.
func (t *story) replies(ctx context.Context, events []store.Event) (again time.Duration, err error) {
	s := t.scene(t.bot.opt.Now())
	for len(events) > 0 {
		group, rest, wait := t.together(events)
		if wait > 0 {
			return wait, nil
		}
		called, err := t.called(ctx, group)
		if err != nil {
			return 0, err
		}
		v, ok := s.reply(group[0])
		if group[0].Code == store.EventFailed {
			v = s.failures(group, called)
		}
		if ok {
			_, again, err := t.say(ctx, t.thread.Channel, t.thread.TS, v, fmt.Sprintf("event/%d", group[0].N), group[0].At)
			if deleted(err) || closed(err) {
				return 0, errLost
			}
			if err != nil || again > 0 {
				return again, err
			}
		}
		// The first one last: by it the reply is known.
		for _, e := range slices.Backward(group) {
			if err := t.bot.store.Told(ctx, t.claim, t.env.ID, e.N); err != nil {
				return 0, err
			}
		}
		events = rest
	}
	return 0, nil
}

// silently passes over facts that nobody can be told.
func (t *story) silently(ctx context.Context, events []store.Event) error {
	for _, e := range events {
		if err := t.bot.store.Told(ctx, t.claim, t.env.ID, e.N); err != nil {
			return err
		}
	}
	return nil
}

// say posts a message once. Where the last post may have had its effect unknown to the store, it looks for it first.
func (t *story) say(ctx context.Context, channel, thread string, v view, key string, since time.Time) (ts string, again time.Duration, err error) {
	k := mark{t.env.ID, key}
	if t.doubt {
		err := t.call(ctx, func(ctx context.Context) (err error) {
			ts, err = t.bot.slack.find(ctx, channel, thread, since, k)
			return err
		})
		switch code := codeOf(err); {
		case ts != "":
			return ts, 0, nil
		case code == "missing_scope":
			t.bot.log.Warn("cannot look for messages posted before: the app lacks a history scope", "env", t.env.ID)
		case err != nil:
			return "", 0, err
		}
	}
	if !t.budget.mayPost(channel, t.now()) {
		return "", soon, nil
	}
	err = t.call(ctx, func(ctx context.Context) (err error) {
		ts, err = t.bot.slack.post(ctx, channel, thread, v, k)
		return err
	})
	return ts, 0, err
}

// call makes one call to Slack under the claim.
func (t *story) call(ctx context.Context, do func(context.Context) error) error {
	if err := t.ready(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	return do(ctx)
}

func (t *story) scene(now time.Time) scene {
	s := t.bot.scene(t.env)
	s.now, s.usual = now, t.usual
	return s
}

// state names what a parent looks like, growing times left out; it begins with the phase.
func (s scene) state() string {
	s.still = true
	return string(s.env.Phase(s.now)) + "/" + s.parent().hash()
}
