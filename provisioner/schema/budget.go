package schema

import (
	"cmp"
	"slices"
	"time"

	"qabot/store"
)

// spare is how many connections an environment has beside its tasks': a migration that runs while the old version serves,
// and somebody who looks.
const spare = 2

// Price tells how many connections an environment may open: usually, and at most, while one version follows another.
func Price(loads []store.Load) (usual, most int) {
	for _, l := range loads {
		n := l.Tasks * l.Processes * l.Pool
		usual += n
		if most += n; !l.Replace {
			most += n
		}
	}
	return usual, max(most, usual+spare)
}

// Verdict is what Admit says.
type Verdict struct {
	Admitted bool
	Place    int // among those that wait, from 1
	Free     int // connections that nobody was promised
	Missing  int // that somebody has to give back before it is its turn
}

// Admit decides on an environment that asks for connections. limit is what the server takes and reserve what stays for
// everything that is not ours; promised is what environments have already, and queue is what those ask for that came before.
// It is pure. Nobody overtakes: one that asks for little would keep one that asks for much waiting for ever.
func Admit(limit, reserve, promised, asked int, queue []int) Verdict {
	room := max(limit-reserve, 0)
	v := Verdict{Place: len(queue) + 1, Free: max(room-promised, 0)}
	need := promised + asked
	for _, n := range queue {
		need += n
	}
	v.Missing = max(need-room, 0)
	v.Admitted = v.Missing == 0 && len(queue) == 0
	return v
}

// margin is how much more than staging uses at the moment is kept for it, in percent.
const margin = 25

// Reserve tells how many of the server's connections stay for staging and for whoever else uses the server: the share that
// is set, or what they use now and a quarter of that, whichever is more.
func Reserve(set, used int) int {
	return max(set, used+used*margin/100)
}

// offered is how many environments are offered to be put to sleep, at most.
const offered = 3

// offers tells which environments would make room if they slept: of those that have enough alone the ones that are
// idle for longest, or else the few that have enough together. What somebody uses comes last. There are none where not even all of them would do.
func offers(missing int, others []store.Promised, now time.Time) []store.Choice {
	var all []store.Choice
	for _, o := range others {
		if o.Granted && !o.Spec.Asleep && !o.Spec.Gone(now) {
			all = append(all, store.Choice{ID: o.ID, Version: o.Spec.Version, App: o.Spec.App, Branch: o.Spec.Branch, Owner: o.Spec.Owner,
				Since: store.Idle(o.Spec.Asked, o.Used), InUse: now.Sub(o.Used) < store.InUse, Frees: o.Connections})
		}
	}
	used := func(c store.Choice) int {
		if c.InUse {
			return 1
		}
		return 0
	}
	slices.SortFunc(all, func(a, b store.Choice) int {
		return cmp.Or(used(a)-used(b), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	var enough []store.Choice
	for _, c := range all {
		if c.Frees >= missing && len(enough) < offered {
			enough = append(enough, c)
		}
	}
	if len(enough) > 0 {
		return enough
	}
	freed := 0
	for i, c := range all[:min(len(all), offered)] {
		if freed += c.Frees; freed >= missing {
			return all[:i+1]
		}
	}
	return nil
}
