package provisioner

import (
	"sync"
	"time"

	"qabot/store"
)

// glances remember what whole looks at environments have seen, so that a pass that only waits need not look at everything.
type glances struct {
	mu   sync.Mutex
	byID map[store.ID]glance
}

type glance struct {
	version int64
	at      time.Time
	seen    map[store.Kind]store.Observation
}

func (g *glances) put(id store.ID, now glance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byID == nil {
		g.byID = map[store.ID]glance{}
	}
	g.byID[id] = now
}

func (g *glances) get(id store.ID) (glance, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	known, ok := g.byID[id]
	return known, ok
}

func (g *glances) drop(id store.ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.byID, id)
}

// awaited are the kinds that are on their way by themselves, when those are all that has to be looked at: the wish is the
// one of the last whole look, which is not long ago, nothing was due then, and nothing was in doubt.
func (p *pass) awaited() map[store.Kind]bool {
	last, ok := p.glances.get(p.claim.ID)
	if !ok || last.version != p.claim.Spec.Version || p.claim.Status.Version != last.version || p.now.Sub(last.at) >= p.Pace.Whole {
		return nil
	}
	kinds := map[store.Kind]bool{}
	for kind, o := range last.seen {
		if p.claim.Status.Seen[kind].State != o.State {
			return nil // another replica was here since
		}
		switch o.State {
		case store.Working, store.Leaving, store.Held:
			kinds[kind] = true
		case store.Unknown, store.Stale:
			return nil
		}
	}
	return kinds
}

// still tells whether everything that is awaited stands as it stood, and takes the rest as it was seen last.
func (p *pass) still() bool {
	last, _ := p.glances.get(p.claim.ID)
	for kind, o := range p.seen {
		if o.State != last.seen[kind].State {
			return false
		}
	}
	for kind, o := range last.seen {
		if _, seen := p.seen[kind]; !seen {
			p.seen[kind] = o
		}
	}
	return true
}

// keepLook remembers a whole look after which there was nothing to do but wait.
func (p *pass) keepLook(seen map[store.Kind]store.Observation) {
	moving := false
	for _, o := range seen {
		moving = moving || !atRest(o.State)
	}
	if p.stepped || !moving {
		p.glances.drop(p.claim.ID)
		return
	}
	if p.whole {
		p.glances.put(p.claim.ID, glance{version: p.claim.Spec.Version, at: p.now, seen: seen})
	}
}
