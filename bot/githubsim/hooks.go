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

// Retention is how long deliveries are remembered.
const Retention = 3 * 24 * time.Hour

// maxReply is how much of a receiver's answer is read.
const maxReply = 64 << 10

// maxDeliveries is how many deliveries are remembered.
const maxDeliveries = 1000

// A Delivery is one attempt to send one webhook, also one that was lost on the way.
type Delivery struct {
	ID         int64  // of this attempt
	GUID       string // of the event: the same in every attempt, and in X-GitHub-Delivery
	Event      string // X-GitHub-Event: push, pull_request, ping and so on
	Action     string // the payload's, "" where it has none
	Redelivery bool
	At         time.Time
	Took       time.Duration
	StatusCode int    // what the receiver answered; 0 when nothing came
	Err        string // why nothing came; "lost" when a Manner lost it
	Payload    []byte // the JSON that was sent

	RepositoryID, InstallationID int64 // 0 for none

	url             string
	header, replied http.Header
	reply           []byte
}

// A Manner is how webhooks travel. The zero Manner sends each once, at once, in order.
type Manner struct {
	Hold    bool          // keep them queued until the next manner
	Lose    bool          // record them, send nothing
	Reverse bool          // take the newest in the queue first
	Copies  int           // send each so many times more, under the same GUID
	Delay   time.Duration // wait before each
}

// about is what an event is about; 0 is none.
type about struct{ repository, installation int64 }

type parcel struct {
	guid, event, action string
	about               about
	payload             []byte
	again               bool
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
	if url == "" {
		return
	}
	id := stableID(url)
	hook := object{
		"id": id, "type": "Repository", "name": "web", "active": true,
		"events": appEvents, "config": object{"content_type": "json", "insecure_ssl": "0", "url": url},
	}
	if s.opt.App != nil {
		hook["type"], hook["app_id"] = "App", s.opt.App.ID
	}
	s.hooks.queueEvent("ping", about{}, object{"zen": "Keep it logically awesome.", "hook_id": id, "hook": hook})
}

// SetManner changes how webhooks travel, also those that are queued.
func (s *Server) SetManner(m Manner) {
	s.hooks.mu.Lock()
	s.hooks.manner = m
	s.hooks.mu.Unlock()
	s.hooks.poke()
}

// Deliveries returns the attempts so far, oldest first; those of the last three days are kept, the newest thousand at most.
func (s *Server) Deliveries() []Delivery {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	s.hooks.forget()
	return slices.Clone(s.hooks.done)
}

// Redeliver sends the webhook of that GUID again, with the same GUID and payload, as GitHub's button does.
func (s *Server) Redeliver(guid string) error {
	for _, d := range slices.Backward(s.Deliveries()) {
		if d.GUID == guid {
			s.hooks.pushAgain(d)
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

// pushAgain queues once more what was delivered.
func (d *dispatcher) pushAgain(old Delivery) {
	d.push(parcel{
		guid: old.GUID, event: old.Event, action: old.Action, about: about{old.RepositoryID, old.InstallationID},
		payload: old.Payload, again: true,
	})
}

func (d *dispatcher) queueEvent(event string, note about, body object) {
	payload, err := json.Marshal(body)
	if err != nil { // only unknown types fail, and there are none in our objects
		d.opt.Log.Error("write webhook", "event", event, "error", err)
		return
	}
	action, _ := body["action"].(string)
	d.push(parcel{guid: uuid.NewString(), event: event, action: action, about: note, payload: payload})
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
	d.forget()
	d.busy = false
	close(d.moved)
	d.moved = make(chan struct{})
}

// forget drops what is too old or too much. Call it under mu.
func (d *dispatcher) forget() {
	oldest := d.opt.Now().Add(-Retention)
	d.done = slices.DeleteFunc(d.done, func(old Delivery) bool { return old.At.Before(oldest) })
	if over := len(d.done) - maxDeliveries; over > 0 {
		d.done = slices.Delete(d.done, 0, over)
	}
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
	delivery := Delivery{
		GUID: p.guid, Event: p.event, Action: p.action, Redelivery: p.again, At: d.opt.Now(), Payload: p.payload,
		RepositoryID: p.about.repository, InstallationID: p.about.installation,
	}
	if manner.Lose {
		delivery.Err = "lost"
		return delivery, nil
	}
	start := time.Now()
	err := d.post(ctx, &delivery)
	delivery.Took = time.Since(start)
	if err != nil {
		delivery.Err = err.Error()
	}
	d.opt.Log.Debug("webhook", "event", p.event, "guid", p.guid, "status", delivery.StatusCode, "error", err)
	if errors.Is(err, context.Canceled) {
		return Delivery{}, err
	}
	return delivery, nil
}

// post sends a delivery and notes in it what was sent and what came back.
func (d *dispatcher) post(ctx context.Context, delivery *Delivery) error {
	d.mu.Lock()
	url, secret := d.url, d.secret
	d.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(delivery.Payload))
	if err != nil {
		return err
	}
	target, targetID := "repository", delivery.RepositoryID
	if d.opt.App != nil {
		target, targetID = "integration", d.opt.App.ID
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "GitHub-Hookshot/simulated")
	req.Header.Set("X-GitHub-Event", delivery.Event)
	req.Header.Set("X-GitHub-Delivery", delivery.GUID)
	req.Header.Set("X-GitHub-Hook-ID", strconv.FormatInt(stableID(url), 10))
	req.Header.Set("X-GitHub-Hook-Installation-Target-Type", target)
	req.Header.Set("X-GitHub-Hook-Installation-Target-ID", strconv.FormatInt(targetID, 10))
	if secret != "" {
		req.Header.Set("X-Hub-Signature", "sha1="+sign(sha1.New, secret, delivery.Payload))
		req.Header.Set("X-Hub-Signature-256", "sha256="+sign(sha256.New, secret, delivery.Payload))
	}
	delivery.url, delivery.header = url, req.Header
	resp, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	delivery.StatusCode, delivery.replied = resp.StatusCode, resp.Header
	delivery.reply, err = io.ReadAll(io.LimitReader(resp.Body, maxReply))
	return err
}

func sign(new func() hash.Hash, secret string, payload []byte) string {
	mac := hmac.New(new, []byte(secret))
	mac.Write(payload)
	return hex.EncodeToString(mac.Sum(nil))
}
