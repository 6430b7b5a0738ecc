package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"qabot/store"
)

const (
	narrateLook   = time.Second      // for what changed without a poke
	heartbeatTime = 20 * time.Second // between edits in which only the elapsed time grew
	storiesAtOnce = 4
	slowest       = time.Minute // between tries of a story that goes wrong
	storyTimeout  = time.Minute // for what one look finds to tell; the next look goes on
)

// narrator keeps threads true. What it does follows from the store alone: it may be stopped at any point and begun anew,
// here or elsewhere, and several may run side by side.
type narrator struct {
	bot    *Bot
	budget *budget
	now    func() time.Time // of the budget and of waiting
	bell   chan struct{}
	slots  chan struct{}
	wg     sync.WaitGroup

	mu     sync.Mutex
	todo   map[store.ID]bool
	busy   map[store.ID]bool
	after  map[store.ID]time.Time // not before
	turns  turns                  // of edits that the budget did not allow
	faults map[store.ID]int       // in a row
	// sure are the fences of stories that this process told last, without leaving anything in doubt. A story whose fence
	// went on meanwhile may hold messages that the store does not know of.
	sure map[store.ID]int64
}

func newNarrator(b *Bot) *narrator {
	return &narrator{
		bot: b, budget: newBudget(), now: time.Now, bell: make(chan struct{}, 1), slots: make(chan struct{}, storiesAtOnce), turns: turns{},
		todo: map[store.ID]bool{}, busy: map[store.ID]bool{}, after: map[store.ID]time.Time{}, faults: map[store.ID]int{},
		sure: map[store.ID]int64{},
	}
}

func (n *narrator) poke(ids ...store.ID) {
	n.mu.Lock()
	for _, id := range ids {
		n.todo[id] = true
		n.turns.news(id)
	}
	n.mu.Unlock()
	select {
	case n.bell <- struct{}{}:
	default:
	}
}

// run tells until ctx ends, and finishes the stories that it is in the middle of.
func (n *narrator) run(ctx context.Context) error {
	defer n.wg.Wait()
	tick := time.NewTicker(narrateLook)
	defer tick.Stop()
	var beat time.Time
	look := true
	for {
		if look {
			if time.Since(beat) >= heartbeatTime {
				beat = time.Now()
				n.growing(ctx)
			}
			n.changed(ctx)
		}
		n.start(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-n.bell:
			look = false
		case <-tick.C:
			look = true
		}
	}
}

// hurry tries stories again that have gone wrong: Slack has just answered.
func (n *narrator) hurry() {
	n.mu.Lock()
	for id := range n.faults {
		delete(n.after, id)
	}
	clear(n.faults)
	n.mu.Unlock()
	n.poke()
}

func (n *narrator) changed(ctx context.Context) {
	ids, err := n.bot.store.Changed(ctx)
	if err != nil {
		if ctx.Err() == nil {
			n.bot.log.Error("look for changes", "error", err)
		}
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, id := range ids {
		n.todo[id] = true
	}
}

// growing notes the stories in which time runs.
func (n *narrator) growing(ctx context.Context) {
	all, err := n.bot.store.List(ctx)
	if err != nil {
		return // changed will say so
	}
	now := n.bot.opt.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range all {
		if phase := e.Phase(now); e.Thread.TS != "" && (phase == store.Deploying || phase == store.Removing) {
			n.todo[e.ID] = true
		}
	}
}

// start tells what there is to tell, as much as there are hands for.
func (n *narrator) start(ctx context.Context) {
	for {
		select {
		case n.slots <- struct{}{}:
		default:
			return
		}
		id, ok := n.next()
		if !ok {
			<-n.slots
			return
		}
		n.wg.Go(func() {
			work, done := lingering(ctx)
			defer done()
			telling, cancel := context.WithTimeout(work, storyTimeout)
			defer cancel()
			again, err := n.tell(telling, id)
			n.done(ctx, id, again, err)
			<-n.slots
			n.poke()
		})
	}
}

// next takes the story that is most urgent: of those that are known to wait for the budget the ends come first, and of
// these that which has waited longest.
func (n *narrator) next() (store.ID, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	var best store.ID
	for id := range n.todo {
		if !n.busy[id] && !now.Before(n.after[id]) && n.turns.ready(id, now, n.budget) && (best == "" || n.turns.before(id, best)) {
			best = id
		}
	}
	if best == "" {
		return "", false
	}
	delete(n.todo, best)
	n.busy[best] = true
	return best, true
}

// edited tells whether the budget allows an edit; otherwise the story waits for its turn.
func (n *narrator) edited(id store.ID, u urgency) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.budget.mayEdit(u, n.now()) {
		delete(n.turns, id)
		return true
	}
	if u != heartbeat {
		n.turns.wait(id, u, n.now())
	}
	return false
}

func (n *narrator) done(ctx context.Context, id store.ID, again time.Duration, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.busy, id)
	if err == nil {
		delete(n.faults, id)
	} else {
		again = max(again, min(time.Second<<min(n.faults[id], 6), slowest))
		n.faults[id]++
		if !errors.Is(err, store.ErrFenced) && ctx.Err() == nil {
			n.bot.log.Warn("tell story", "env", id, "again", again, "error", err)
		}
	}
	if again > 0 {
		n.todo[id] = true
		n.after[id] = n.now().Add(again)
	} else {
		delete(n.after, id)
	}
	if err == nil && again == 0 {
		delete(n.turns, id) // nothing is left to edit
	} else if n.turns[id] != nil {
		n.todo[id] = true
	}
}

// tell brings one thread up to date under its own claim. again is when to go on, zero when all is told.
func (n *narrator) tell(ctx context.Context, id store.ID) (again time.Duration, err error) {
	s := n.bot.store
	claim, err := s.ClaimName(ctx, store.Narration(id), n.bot.worker)
	if err != nil {
		return 0, err
	}
	if claim == nil {
		return 2 * time.Second, nil // another replica tells it
	}
	defer func() {
		n.remember(id, claim.Fence, err)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), store.LongestCall)
		defer cancel()
		if done := s.Release(ctx, claim); done != nil && !errors.Is(done, store.ErrFenced) {
			err = errors.Join(err, done)
		}
	}()
	e, err := s.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	t := &story{narrator: n, claim: claim, env: e, thread: e.Thread, doubt: n.inDoubt(id, claim.Fence), renewed: time.Now()}
	again, err = t.tell(ctx)
	if wait, ok := limited(err); ok {
		n.budget.hush(n.now().Add(wait))
		return wait, nil
	}
	return again, err
}

// inDoubt tells whether somebody else may have posted to the thread since this process did.
func (n *narrator) inDoubt(id store.ID, fence int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fence > 1 && n.sure[id] != fence-1
}

func (n *narrator) remember(id store.ID, fence int64, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, refused := limited(err); err == nil || refused {
		n.sure[id] = fence
	} else {
		delete(n.sure, id)
	}
}
