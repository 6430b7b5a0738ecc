package githubsim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// HookTimeout is how long a receiver may take to answer a webhook.
const HookTimeout = 10 * time.Second

// maxDeliveries is how many deliveries are remembered.
const maxDeliveries = 1000

// A Delivery is one attempt to send one webhook, also one that was lost on the way.
type Delivery struct {
	ID         int64  // of this attempt
	GUID       string // of the event: the same in every attempt, and in X-GitHub-Delivery
	Event      string // X-GitHub-Event: push, create, delete, ping
	Redelivery bool
	At         time.Time
	Took       time.Duration
	StatusCode int    // what the receiver answered; 0 when nothing came
	Err        string // why nothing came; "lost" when a Manner lost it
	Payload    []byte // the JSON that was sent
}

// A Manner is how webhooks travel. The zero Manner sends each once, at once, in order.
type Manner struct {
	Hold    bool          // keep them queued until the next manner
	Lose    bool          // record them, send nothing
	Reverse bool          // take the newest in the queue first
	Copies  int           // send each so many times more, under the same GUID
	Delay   time.Duration // wait before each
}

type parcel struct {
	guid, event string
	payload     []byte
	again       bool
}

// A dispatcher sends webhooks, one at a time.
type dispatcher struct {
	opt    Options
	client *http.Client
	wake   chan struct{}

	mu          sync.Mutex
	url, secret string
	manner      Manner
	queue       []parcel
	busy        bool
	moved       chan struct{} // closed and replaced whenever the queue or busy changes
	done        []Delivery
	lastID      int64
}

func newDispatcher(opt Options) *dispatcher {
	return &dispatcher{
		opt: opt, url: opt.WebhookURL, secret: opt.WebhookSecret,
		client: &http.Client{Timeout: HookTimeout, Transport: &http.Transport{}},
		wake:   make(chan struct{}, 1), moved: make(chan struct{}),
	}
}

// SetWebhook sends webhooks there from now on, signed with the secret, and a ping first. An empty url ends them.
func (s *Server) SetWebhook(url, secret string) {
	s.hooks.mu.Lock()
	s.hooks.url, s.hooks.secret = url, secret
	s.hooks.mu.Unlock()
	if url != "" {
		s.hooks.queueEvent("ping", object{
			"zen": "Keep it logically awesome.", "hook_id": stableID(url),
			"hook": object{
				"id": stableID(url), "type": "Repository", "name": "web", "active": true,
				"events": []string{"create", "delete", "push"},
				"config": object{"content_type": "json", "insecure_ssl": "0", "url": url},
			},
		})
	}
}

// SetManner changes how webhooks travel, also those that are queued.
func (s *Server) SetManner(m Manner) {
	s.hooks.mu.Lock()
	s.hooks.manner = m
	s.hooks.mu.Unlock()
	s.hooks.poke()
}

// Deliveries returns the attempts so far, oldest first; the newest thousand are kept.
func (s *Server) Deliveries() []Delivery {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	return slices.Clone(s.hooks.done)
}

// Redeliver sends the webhook of that GUID again, with the same GUID and payload, as GitHub's button does.
func (s *Server) Redeliver(guid string) error {
	for _, d := range slices.Backward(s.Deliveries()) {
		if d.GUID == guid {
			s.hooks.push(parcel{guid: guid, event: d.Event, payload: d.Payload, again: true})
			return nil
		}
	}
	return fmt.Errorf("redeliver %s: no such delivery", guid)
}

func (d *dispatcher) wanted() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.url != ""
}

func (d *dispatcher) queueEvent(event string, body object) {
	payload, err := json.Marshal(body)
	if err != nil { // only unknown types fail, and there are none in our objects
		d.opt.Log.Error("write webhook", "event", event, "error", err)
		return
	}
	d.push(parcel{guid: uuid.NewString(), event: event, payload: payload})
}

func (d *dispatcher) push(p parcel) {
	d.mu.Lock()
	for range 1 + d.manner.Copies {
		d.queue = append(d.queue, p)
	}
	d.mu.Unlock()
	d.poke()
}

func (d *dispatcher) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *dispatcher) run(ctx context.Context) {
	for {
		p, manner, ok := d.next()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-d.wake:
				continue
			}
		}
		delivery, err := d.send(ctx, p, manner)
		if err != nil {
			return
		}
		d.record(delivery)
	}
}

func (d *dispatcher) next() (parcel, Manner, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.manner.Hold || len(d.queue) == 0 {
		return parcel{}, Manner{}, false
	}
	at := 0
	if d.manner.Reverse {
		at = len(d.queue) - 1
	}
	p := d.queue[at]
	d.queue = slices.Delete(d.queue, at, at+1)
	d.busy = true
	return p, d.manner, true
}

func (d *dispatcher) record(delivery Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lastID++
	delivery.ID = d.lastID
	d.done = append(d.done, delivery)
	if over := len(d.done) - maxDeliveries; over > 0 {
		d.done = slices.Delete(d.done, 0, over)
	}
	d.busy = false
	close(d.moved)
	d.moved = make(chan struct{})
}

// settle returns when nothing is under way and nothing is waiting, or the rest is held back.
func (d *dispatcher) settle(ctx context.Context) error {
	for {
		d.mu.Lock()
		quiet := !d.busy && (d.manner.Hold || len(d.queue) == 0)
		moved := d.moved
		d.mu.Unlock()
		if quiet {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for webhooks: %w", ctx.Err())
		case <-moved:
		}
	}
}

// send makes one attempt. Its error means only that the server is being closed.
func (d *dispatcher) send(ctx context.Context, p parcel, manner Manner) (Delivery, error) {
	timer := time.NewTimer(manner.Delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return Delivery{}, ctx.Err()
	case <-timer.C:
	}
	delivery := Delivery{GUID: p.guid, Event: p.event, Redelivery: p.again, At: d.opt.Now(), Payload: p.payload}
	if manner.Lose {
		delivery.Err = "lost"
		return delivery, nil
	}
	start := time.Now()
	status, err := d.post(ctx, p)
	delivery.Took, delivery.StatusCode = time.Since(start), status
	if err != nil {
		delivery.Err = err.Error()
	}
	d.opt.Log.Debug("webhook", "event", p.event, "guid", p.guid, "status", status, "error", err)
	if errors.Is(err, context.Canceled) {
		return Delivery{}, err
	}
	return delivery, nil
}

func (d *dispatcher) post(ctx context.Context, p parcel) (status int, err error) {
	d.mu.Lock()
	url, secret := d.url, d.secret
	d.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(p.payload))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "GitHub-Hookshot/simulated")
	req.Header.Set("X-GitHub-Event", p.event)
	req.Header.Set("X-GitHub-Delivery", p.guid)
	req.Header.Set("X-GitHub-Hook-ID", strconv.FormatInt(stableID(url), 10))
	req.Header.Set("X-GitHub-Hook-Installation-Target-Type", "repository")
	if secret != "" {
		req.Header.Set("X-Hub-Signature", "sha1="+sign(sha1.New, secret, p.payload))
		req.Header.Set("X-Hub-Signature-256", "sha256="+sign(sha256.New, secret, p.payload))
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, err
}

func sign(new func() hash.Hash, secret string, payload []byte) string {
	mac := hmac.New(new, []byte(secret))
	mac.Write(payload)
	return hex.EncodeToString(mac.Sum(nil))
}
