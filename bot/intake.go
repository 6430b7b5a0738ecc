package bot

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"qabot/store"
)

// intakeAtOnce bounds the envelopes that are being kept; beyond it nothing is read for a moment.
const intakeAtOnce = 100

// keepTimeout is how long the store may take to keep a letter. Slack waits three seconds for the acknowledgement.
const keepTimeout = 2 * time.Second

// intake keeps envelopes side by side, so that one that takes its time does not hold up those behind it; what one person
// said is kept in the order in which it was said.
type intake struct {
	slots chan struct{}
	waits sync.Mutex // of those who want all slots at once

	mu    sync.Mutex
	lines map[string][]func() // by person, what comes after that which is under way
}

func newIntake() *intake {
	return &intake{slots: make(chan struct{}, intakeAtOnce), lines: map[string][]func(){}}
}

// run does something after everything that the same person said before. It waits only while too much is under way.
func (i *intake) run(who string, do func()) {
	i.slots <- struct{}{}
	done := func() { do(); <-i.slots }
	i.mu.Lock()
	defer i.mu.Unlock()
	if line, busy := i.lines[who]; busy {
		i.lines[who] = append(line, done)
		return
	}
	i.lines[who] = nil
	go func() {
		for next := done; next != nil; next = i.next(who) {
			next()
		}
	}()
}

// wait waits until nothing is under way.
func (i *intake) wait() {
	i.waits.Lock()
	defer i.waits.Unlock()
	for range cap(i.slots) {
		i.slots <- struct{}{}
	}
	for range cap(i.slots) {
		<-i.slots
	}
}

// next takes what the person said next; it is nil, and the line is gone, when there is nothing.
func (i *intake) next(who string) func() {
	i.mu.Lock()
	defer i.mu.Unlock()
	line := i.lines[who]
	if len(line) == 0 {
		delete(i.lines, who)
		return nil
	}
	i.lines[who] = line[1:]
	return line[0]
}

// mailbox puts letters into the inbox. Those that come while others are being written are written together after them: a
// burst costs a few transactions, not one for each letter.
type mailbox struct {
	receive func(context.Context, []store.Letter) (fresh []bool, err error)

	mu      sync.Mutex
	writing bool
	waiting []*mail
}

type mail struct {
	letter store.Letter
	fresh  bool
	err    error
	done   chan struct{}
}

// put is back when the letter is kept, or ctx ends; then it may be kept all the same.
func (m *mailbox) put(ctx context.Context, l store.Letter) (fresh bool, err error) {
	mine := &mail{letter: l, done: make(chan struct{})}
	m.mu.Lock()
	m.waiting = append(m.waiting, mine)
	if !m.writing {
		m.writing = true
		go func() {
			for m.write() {
			}
		}()
	}
	m.mu.Unlock()
	select {
	case <-mine.done:
		return mine.fresh, mine.err
	case <-ctx.Done():
		return false, fmt.Errorf("receive letter %s: %w", l.Key, ctx.Err())
	}
}

// write keeps what waits; more is false when nothing came meanwhile.
func (m *mailbox) write() (more bool) {
	m.mu.Lock()
	batch := m.waiting
	m.waiting = nil
	if m.writing = len(batch) > 0; !m.writing {
		m.mu.Unlock()
		return false
	}
	m.mu.Unlock()
	var letters []store.Letter
	for _, one := range batch {
		letters = append(letters, one.letter)
	}
	fresh, err := m.keep(letters)
	for i, one := range batch {
		if one.err = err; err == nil {
			one.fresh = fresh[i]
		}
		close(one.done)
	}
	return true
}

// keep writes letters, all or none. A fault in it must not end the process.
func (m *mailbox) keep(letters []store.Letter) (fresh []bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), keepTimeout)
	defer cancel()
	return m.receive(ctx, letters)
}
