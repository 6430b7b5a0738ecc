package bot

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// refList is what branches and open pull requests a repository had some time ago: good enough to search and to suggest.
type refList struct {
	at       time.Time
	branches []string // by name
	pulls    []pull   // newest first
}

// refs keeps the lists of all repositories in memory, so that who searches while typing is answered at once. What is older
// than listFresh is given all the same, and loaded anew beside.
type refs struct {
	github *gitHub
	beside *errands
	now    func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	kept    map[string]refList
	loading map[string]chan struct{} // closed when it is done
}

func newRefs(g *gitHub, e *errands, now func() time.Time, log *slog.Logger) *refs {
	return &refs{github: g, beside: e, now: now, log: log, kept: map[string]refList{}, loading: map[string]chan struct{}{}}
}

// warm begins to load what is not known yet, so that the first who searches need not wait.
func (r *refs) warm(repos []string) {
	for _, repo := range repos {
		r.ask(repo, listFresh)
	}
}

// renew begins to load what is older than some seconds: somebody is about to search, perhaps for what he has just pushed.
func (r *refs) renew(repo string) { r.ask(repo, listRenewed) }

const listRenewed = 5 * time.Second

// late gives what is known now, however old. Only where nothing is known at all it waits, as long as ctx lasts; ok is false
// when that was not long enough.
func (r *refs) late(ctx context.Context, repo string) (l refList, ok bool) {
	l, ok, loading := r.ask(repo, listFresh)
	if ok {
		return l, true
	}
	return r.wait(ctx, repo, loading)
}

// fresh waits for a list that is at most listFresh old; it gives an older one when GitHub does not answer.
func (r *refs) fresh(ctx context.Context, repo string) (l refList, ok bool) {
	l, ok, loading := r.ask(repo, listFresh)
	if loading == nil {
		return l, ok
	}
	return r.wait(ctx, repo, loading)
}

// again waits for a list that is at most listRenewed old, as long as ctx lasts; after that, what is known must do.
func (r *refs) again(ctx context.Context, repo string) refList {
	_, _, loading := r.ask(repo, listRenewed)
	l, _ := r.wait(ctx, repo, loading)
	return l
}

// ask gives what is known, and sees to it that what is older than that is loaded. loading is nil when nothing is.
func (r *refs) ask(repo string, old time.Duration) (l refList, ok bool, loading <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok = r.kept[repo]
	if ok && r.now().Sub(l.at) < old {
		return l, true, nil
	}
	if under := r.loading[repo]; under != nil {
		return l, ok, under
	}
	done := make(chan struct{})
	if !r.beside.run(loadTimeout, func(ctx context.Context) { r.load(ctx, repo, done) }) {
		return l, ok, nil
	}
	r.loading[repo] = done
	return l, ok, done
}

// loadTimeout bounds one loading of a repository's lists: thousands of branches are some dozens of pages.
const loadTimeout = 20 * time.Second

func (r *refs) wait(ctx context.Context, repo string, loading <-chan struct{}) (refList, bool) {
	if loading != nil {
		select {
		case <-loading:
		case <-ctx.Done():
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.kept[repo]
	return l, ok
}

func (r *refs) load(ctx context.Context, repo string, done chan<- struct{}) {
	l, loaded := refList{at: r.now()}, false
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.loading, repo)
		if loaded {
			r.kept[repo] = l
		}
		close(done)
	}()
	heads, err := r.github.branches(ctx, repo, "")
	if err != nil {
		r.log.Warn("list branches", "repo", repo, "error", err)
		return
	}
	loaded = true
	for _, h := range heads {
		l.branches = append(l.branches, h.name)
	}
	slices.Sort(l.branches)
	if l.pulls, err = r.github.listPulls(ctx, repo, ""); err != nil {
		r.log.Info("list pull requests", "repo", repo, "error", err) // branches alone will do
	}
}

// pull gives a pull request that was open when the list was loaded last.
func (r *refs) pull(repo string, number int) (pull, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.kept[repo].pulls {
		if p.Number == number {
			return p, true
		}
	}
	return pull{}, false
}
