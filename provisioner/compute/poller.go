package compute

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// poller lets looks at different environments share their calls: one that has to ask for a service asks in the same call for
// others that are being waited for, as many as the call takes, and these find the answer when their turn comes.
type poller struct {
	mu     sync.Mutex
	byName map[string]polled // by cluster and name
}

// polled is a service as it was read last.
type polled struct {
	cluster, name string
	service       ecstypes.Service
	there         bool
	read, asked   time.Time
}

// hot is for how many spans of sharing after it was asked for last a service is asked for along with others.
const hot = 3

// plan gives what was read within the span, and the names to ask for: those that are missing, and then others that are hot, the
// ones that were read longest ago first, until the last call is full.
func (p *poller) plan(cluster string, names []string, now time.Time, span time.Duration) (known map[string]ecstypes.Service, ask []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName == nil {
		p.byName = map[string]polled{}
	}
	known = map[string]ecstypes.Service{}
	for _, name := range names {
		one, ok := p.byName[cluster+"/"+name]
		one.cluster, one.name, one.asked = cluster, name, now
		p.byName[cluster+"/"+name] = one
		switch {
		case !ok || now.Sub(one.read) >= span:
			ask = append(ask, name)
		case one.there:
			known[name] = one.service
		}
	}
	room := (servicesPerCall - len(ask)%servicesPerCall) % servicesPerCall
	if room == 0 {
		return known, ask
	}
	var others []polled
	for key, one := range p.byName {
		switch {
		case now.Sub(one.asked) >= hot*span:
			delete(p.byName, key)
		case one.cluster == cluster && now.Sub(one.read) >= span/2 && !slices.Contains(names, one.name):
			others = append(others, one)
		}
	}
	slices.SortFunc(others, func(a, b polled) int { return cmp.Or(a.read.Compare(b.read), cmp.Compare(a.name, b.name)) })
	for _, one := range others[:min(room, len(others))] {
		ask = append(ask, one.name)
	}
	return known, ask
}

// keep remembers what a call gave for the names that it asked for.
func (p *poller) keep(cluster string, asked []string, found map[string]ecstypes.Service, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range asked {
		one := p.byName[cluster+"/"+name]
		one.cluster, one.name, one.read = cluster, name, now
		one.service, one.there = found[name], false
		if _, ok := found[name]; ok {
			one.there = true
		}
		p.byName[cluster+"/"+name] = one
	}
}

// forget makes the next look ask for a service that was changed.
func (p *poller) forget(cluster, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byName, cluster+"/"+name)
}

// merged gives both.
func merged(a, b map[string]ecstypes.Service) map[string]ecstypes.Service {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
