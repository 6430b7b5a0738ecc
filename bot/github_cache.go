package bot

import (
	"bytes"
	lru "container/list"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	keptAnswer  = 4 << 20  // bytes of the longest answer that is kept
	keptAnswers = 32 << 20 // bytes of all of them
)

// conditional is a transport that keeps what GitHub answered and asks for it again only if it changed. GitHub says "not
// modified" for nothing: such an answer does not count. It also remembers how much may still be asked.
type conditional struct {
	next http.RoundTripper

	mu    sync.Mutex
	kept  map[string]*lru.Element // of *keptReply
	used  *lru.List               // last used in front
	bytes int
	rate  allowance
}

type keptReply struct {
	key, etag string
	header    http.Header
	body      []byte
}

// allowance is how much GitHub still answers until its count begins anew.
type allowance struct {
	limit, remaining int // both zero: GitHub has not said
	reset            time.Time
}

func newConditional(next http.RoundTripper) *conditional {
	return &conditional{next: next, kept: map[string]*lru.Element{}, used: lru.New()}
}

func (c *conditional) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet || r.Header.Get("If-None-Match") != "" || r.Header.Get("Range") != "" {
		resp, err := c.next.RoundTrip(r)
		c.count(resp)
		return resp, err
	}
	key := r.Header.Get("Accept") + " " + r.URL.String()
	known := c.find(key)
	if known != nil {
		r = r.Clone(r.Context())
		r.Header.Set("If-None-Match", known.etag)
	}
	resp, err := c.next.RoundTrip(r)
	c.count(resp)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusNotModified && known != nil:
		resp.Body.Close()
		return known.again(resp), nil
	case resp.StatusCode == http.StatusOK && resp.Header.Get("ETag") != "":
		c.keep(key, resp)
	}
	return resp, nil
}

// again is the answer as it was, with the newest word on everything else.
func (k *keptReply) again(resp *http.Response) *http.Response {
	header := k.header.Clone()
	for name, values := range resp.Header {
		header[name] = values
	}
	header.Del("Content-Length")
	resp.Status, resp.StatusCode, resp.Header = "200 OK", http.StatusOK, header
	resp.Body, resp.ContentLength, resp.Uncompressed = io.NopCloser(bytes.NewReader(k.body)), int64(len(k.body)), true
	return resp
}

func (c *conditional) find(key string) *keptReply {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.kept[key]
	if e == nil {
		return nil
	}
	c.used.MoveToFront(e)
	return e.Value.(*keptReply)
}

// keep reads the answer's body and puts another in its place. An answer that is too long, or breaks off, is not kept, and
// goes to the caller as it came.
func (c *conditional) keep(key string, resp *http.Response) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, keptAnswer+1))
	if err != nil || len(body) > keptAnswer {
		rest := io.Reader(resp.Body)
		if err != nil {
			rest = broken{err}
		}
		resp.Body = joined{io.MultiReader(bytes.NewReader(body), rest), resp.Body}
		return
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.kept[key]; old != nil {
		c.drop(old)
	}
	c.kept[key] = c.used.PushFront(&keptReply{key, resp.Header.Get("ETag"), resp.Header.Clone(), body})
	for c.bytes += len(body); c.bytes > keptAnswers; {
		c.drop(c.used.Back())
	}
}

// drop forgets an answer. The caller holds the lock.
func (c *conditional) drop(e *lru.Element) {
	k := c.used.Remove(e).(*keptReply)
	delete(c.kept, k.key)
	c.bytes -= len(k.body)
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

type joined struct {
	io.Reader
	io.Closer
}

// count remembers what GitHub says of its limit.
func (c *conditional) count(resp *http.Response) {
	if resp == nil || resp.Header.Get("X-RateLimit-Resource") != "" && resp.Header.Get("X-RateLimit-Resource") != "core" {
		return
	}
	limit, err := strconv.Atoi(resp.Header.Get("X-RateLimit-Limit"))
	if err != nil || limit <= 0 {
		return
	}
	remaining, err := strconv.Atoi(resp.Header.Get("X-RateLimit-Remaining"))
	if err != nil {
		return
	}
	reset, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rate = allowance{limit, remaining, time.Unix(reset, 0)}
}

func (c *conditional) allowance() allowance {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rate
}

// pause is how long to wait between two looks at everything, beyond the usual time. While a quarter is left it is nothing; below, what
// is left is spread over the time until GitHub counts anew, and a twentieth is kept for what people ask.
func (a allowance) pause(now time.Time) time.Duration {
	const callsOfALook = 10
	until := a.reset.Sub(now)
	if a.limit == 0 || a.remaining >= a.limit/4 || until <= 0 {
		return 0
	}
	looks := (a.remaining - a.limit/20) / callsOfALook
	if looks <= 0 {
		return until
	}
	return until / time.Duration(looks)
}
