package compute

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"qabot/store"
)

// answerWithin is how long a role has for the answer to what it serves: a sweep asks many of them.
const answerWithin = 2 * time.Second

// prober asks a role through its URL, as people's browsers do, but for the name: the load balancer's own is dialled, so
// that it works where the URL's name is not known to this machine's resolver.
type prober struct {
	balancers []balancer
	dial      func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	names map[int]string // the load balancers' in DNS, once known
}

// door gives the name of a load balancer to dial.
func (p *prober) door(ctx context.Context, i int) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.names[i] != "" {
		return p.names[i], nil
	}
	if i >= len(p.balancers) {
		return "", errNoBalancer
	}
	found, err := p.balancers[i].find(ctx)
	if err != nil {
		return "", err
	}
	if p.names == nil {
		p.names = map[int]string{}
	}
	p.names[i] = deref(found.DNSName)
	return p.names[i], nil
}

var errNoBalancer = errors.New("the load balancer is not in the configuration any more")

// ask asks a version path for the commit that runs. The Detail is one of the Proof codes.
func (p *prober) ask(ctx context.Context, at int, base, path, runs string) store.Detail {
	silent := store.Say(store.ProofSilent, path)
	i, _ := place(at)
	door, err := p.door(ctx, i)
	if err != nil || base == "" {
		return silent
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return silent
	}
	request.Header.Set("Accept", "application/json, text/plain;q=0.9")
	request.Header.Set("Cache-Control", "no-cache")
	began := p.balancers[i].clock()
	answer, err := p.client(door).Do(request)
	p.balancers[i].clients.asks.add(base, began, p.balancers[i].clock())
	if err != nil {
		return silent
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return store.Say(store.ProofStatus, path, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if err != nil {
		return silent
	}
	return judgeAnswer(commitIn(string(body)), path, runs)
}

// judgeAnswer compares what was read with what runs; a part of a commit's name stands for it.
func judgeAnswer(said, path, runs string) store.Detail {
	switch {
	case said == "":
		return store.Say(store.ProofText, path)
	case strings.HasPrefix(runs, said):
		return store.Say(store.ProofGiven, runs)
	}
	return store.Say(store.ProofOther, said, runs)
}

// client makes one for a single request: connections are not kept, for the next answer must come from whoever serves then.
func (p *prober) client(door string) *http.Client {
	dial := p.dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				_, port, err := net.SplitHostPort(address)
				if err != nil {
					return nil, err
				}
				return dial(ctx, network, net.JoinHostPort(door, port))
			},
		},
		// Where a redirect leads, somebody else answers.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// asks tells whether the role can be asked what it serves.
func (s *service) asks() bool { return s.role.Version != "" && s.role.Port != 0 }

// hear asks the role what it serves, unless that was proven before or cannot be told yet.
func (s *service) hear(ctx context.Context, env store.Environment, v serviceSight) store.Detail {
	runs := v.serving(s.role.Port)
	if !s.asks() || runs == "" {
		return store.Detail{}
	}
	before := env.Status.Seen[s.Kind()]
	if before.Proof.Code == store.ProofGiven && before.Commit == runs {
		return before.Proof
	}
	if env.Spec.Asleep || !v.rolled(s.role.Port) {
		return store.Say(store.ProofAsking)
	}
	return s.prober.ask(ctx, env.Allotted[s.route()], s.url(env), s.role.Version, runs)
}

// Prove asks the role what it serves now.
func (s *service) Prove(ctx context.Context, env store.Environment) (store.Proof, error) {
	p := store.Proof{Role: s.role.Name, URL: s.url(env)}
	env.Status = store.Status{} // what was proven before is asked again
	sights, err := s.look(ctx, []store.Environment{env})
	if err != nil {
		return p, fault(err)
	}
	v := sights[0]
	if v.service == nil || v.commits == nil || v.service.RunningCount == 0 {
		return p, nil
	}
	p.Runs = v.serving(s.role.Port)
	if p.Said = v.proof; p.Said.Code == store.ProofAsking { // a rollout is under way: what people get meanwhile
		p.Said = s.prober.ask(ctx, env.Allotted[s.route()], p.URL, s.role.Version, p.Runs)
	}
	return p, nil
}

// url is where people open the environment's role.
func (s *service) url(env store.Environment) string {
	return s.app.url(env.ID, s.role.Name, env.Allotted[s.route()])
}

func (s *service) route() store.Kind { return store.Of("route", s.role.Name) }

// prove lets a service count as ready that runs as wanted: at once when its proof was given, and after some patience when
// something else answers, for a load balancer may still know the old tasks. From then on people are told.
func (s *service) prove(env store.Environment, o store.Observation) store.Observation {
	before := env.Status.Seen[s.Kind()]
	o.State = store.Ready
	if o.Proven() || before.State == store.Ready && before.Commit == o.Commit && before.Proof.Code != store.ProofAsking {
		return o
	}
	since := s.now()
	if before.Proof.Code == store.ProofAsking && len(before.Proof.Args) > 0 && before.Commit == o.Commit {
		if at, err := time.Parse(time.RFC3339Nano, before.Proof.Args[0]); err == nil {
			since = at
		}
	}
	if s.now().Sub(since) < s.patience() {
		o.State, o.Detail = store.Working, store.Say(store.ServiceAsked)
		o.Proof = store.Say(store.ProofAsking, since.UTC().Format(time.RFC3339Nano))
	}
	return o
}
