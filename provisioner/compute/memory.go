package compute

import (
	"hash/fnv"
	"maps"
	"strings"
	"sync"
	"time"
)

// memory is what looks need not ask AWS again and again. Steps that change something ask anew.
type memory struct {
	mu     sync.Mutex
	marks  map[string]map[string]string // of load balancing, by ARN; only of what bears an environment's tags: an ARN never names two things
	rounds map[string]time.Time         // when what AWS tells of one thing at a time was asked last
	values map[string]kept
}

type kept struct {
	value any
	until time.Time
}

const (
	// marksKept bounds each kind of thing that is remembered: all are read again when there are more.
	marksKept = 20000
	// round is how long an environment at rest goes without the looks that AWS has no batch form for, where nothing else
	// speaks for one. They are spread over that time.
	round = time.Hour
	// brief is how long what changes only by hand is taken for known.
	brief = 5 * time.Minute
)

// known gives the marks that are remembered, and the ARNs that have to be asked for.
func (m *memory) known(arns []string) (marks map[string]map[string]string, ask []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	marks = map[string]map[string]string{}
	for _, arn := range arns {
		if tags, ok := m.marks[arn]; ok {
			marks[arn] = tags
		} else {
			ask = append(ask, arn)
		}
	}
	return marks, ask
}

func (m *memory) learn(marks map[string]map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.marks == nil || len(m.marks) > marksKept {
		m.marks = map[string]map[string]string{}
	}
	for arn, tags := range marks {
		if tags[tagEnvironment] != "" {
			m.marks[arn] = tags
		} else {
			delete(m.marks, arn)
		}
	}
}

// due tells whether the thing's round is over, and begins the next one. The first ends after a part of the time that the
// thing's name decides.
func (m *memory) due(name string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rounds == nil || len(m.rounds) > marksKept {
		m.rounds = map[string]time.Time{}
	}
	last, ok := m.rounds[name]
	if !ok {
		h := fnv.New32a()
		h.Write([]byte(name)) // never fails
		last = now.Add(-round * time.Duration(h.Sum32()%1000) / 1000)
		m.rounds[name] = last
	}
	if now.Sub(last) < round {
		return false
	}
	m.rounds[name] = now
	return true
}

// recall gives what was kept under that name and is still good.
func recall[T any](m *memory, name string, now time.Time) (v T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k, found := m.values[name]; found && now.Before(k.until) {
		v, ok = k.value.(T)
	}
	return v, ok
}

func (m *memory) keep(name string, value any, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil || len(m.values) > marksKept {
		m.values = map[string]kept{}
	}
	m.values[name] = kept{value, until}
}

func (m *memory) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, name)
}

// forgetAll forgets everything whose name begins so.
func (m *memory) forgetAll(prefix string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.values, func(name string, _ kept) bool { return strings.HasPrefix(name, prefix) })
}
