package awssim

import (
	"container/heap"
	"time"
)

// clock is the region's virtual time and what is due in it. It is guarded by Region.mu.
type clock struct {
	now   time.Time // how far events have run
	speed float64   // virtual seconds per real one; zero: only advance moves it
	wall  time.Time // the real time at which now was origin
	from  time.Time // virtual time at wall
	queue events
	seq   int64
}

func newClock(start time.Time, speed float64) *clock {
	return &clock{now: start, from: start, wall: time.Now(), speed: speed}
}

// after runs f, under the region's lock, once d has passed.
func (c *clock) after(d time.Duration, f func()) {
	c.seq++
	heap.Push(&c.queue, event{at: c.now.Add(max(d, 0)), seq: c.seq, run: f})
}

// catchUp brings a scaled clock to the present.
func (c *clock) catchUp() {
	if c.speed > 0 {
		c.runUntil(c.from.Add(time.Duration(float64(time.Since(c.wall)) * c.speed)))
	}
}

// advance moves the clock by d, running what becomes due at its own time.
func (c *clock) advance(d time.Duration) {
	c.catchUp()
	c.from = c.from.Add(d)
	c.runUntil(c.now.Add(d))
}

func (c *clock) runUntil(t time.Time) {
	for len(c.queue) > 0 && !c.queue[0].at.After(t) {
		e := heap.Pop(&c.queue).(event)
		if e.at.After(c.now) {
			c.now = e.at
		}
		e.run()
	}
	if t.After(c.now) {
		c.now = t
	}
}

type event struct {
	at  time.Time
	seq int64 // keeps events of one instant in their order
	run func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	(*e)[len(*e)-1] = event{}
	*e = (*e)[:len(*e)-1]
	return last
}
