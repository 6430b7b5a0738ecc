package bot

import (
	"time"

	"qabot/store"
)

// lookAgain is after how long a waiting story is looked at anew: its end may have come meanwhile.
const lookAgain = 5 * time.Second

// turns are the stories whose edits wait for the budget.
type turns map[store.ID]*waiting

type waiting struct {
	urgency urgency
	since   time.Time // when the budget first said no
	looked  time.Time // when it last did
	fresh   bool      // something happened since, so the urgency may be another
}

// wait notes that the budget said no.
func (q turns) wait(id store.ID, u urgency, now time.Time) {
	w := q[id]
	if w == nil {
		w = &waiting{since: now}
		q[id] = w
	}
	w.urgency, w.looked, w.fresh = u, now, false
}

// news says that something happened in a story.
func (q turns) news(id store.ID) {
	if w := q[id]; w != nil {
		w.fresh = true
	}
}

// ready tells whether looking at a story makes sense: its edit is allowed now, or nobody knows how urgent it is.
func (q turns) ready(id store.ID, now time.Time, b *budget) bool {
	w := q[id]
	return w == nil || w.fresh || now.Sub(w.looked) >= lookAgain || b.allows(w.urgency, now)
}

// before tells whether a comes before b.
func (q turns) before(a, b store.ID) bool {
	x, y := q[a], q[b]
	unknown := func(w *waiting) bool { return w == nil || w.fresh }
	switch {
	case unknown(x) || unknown(y):
		return unknown(x) && !unknown(y)
	case x.urgency != y.urgency:
		return x.urgency > y.urgency
	}
	return x.since.Before(y.since)
}
