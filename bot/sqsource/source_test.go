package sqsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// inbox keeps what the source brings, or refuses it.
type inbox struct {
	mu      sync.Mutex
	kept    []string
	refuse  bool
	reports []error
}

func (b *inbox) keep(_ context.Context, delivery, event string, sent time.Time, payload []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse {
		return errors.New("the store is away")
	}
	if !sent.Equal(began) {
		return fmt.Errorf("sent at %s", sent)
	}
	b.kept = append(b.kept, fmt.Sprintf("%s %s %s", delivery, event, payload))
	return nil
}

func (b *inbox) report(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reports = append(b.reports, err)
}

func (b *inbox) look(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *inbox) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.kept)
}

// open starts a source on a queue; what it logs ends up in log.
func open(t *testing.T, q *fakeQueue, log *bytes.Buffer) *Source {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	s, err := New(t.Context(), q.url, "eu-west-1", q.URL, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.first = time.Millisecond
	return s
}

// run runs the source until the returned function is called, which waits for its end.
func run(t *testing.T, s *Source, b *inbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, b.keep, b.report) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-timeout:
			t.Fatalf("never: %s", what)
		}
	}
}

const sum = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" // of {}

func message(delivery, event string) string {
	return fmt.Sprintf(`{"delivery":%q,"event":%q,"sha256":%q,"payload":{}}`, delivery, event, sum)
}

func TestEventsAreKeptAndThenDeleted(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	q, b := newFakeQueue(t), &inbox{}
	defer q.Close()
	var log bytes.Buffer
	stop := run(t, open(t, q, &log), b)
	for i := range 25 {
		q.send(message(fmt.Sprint("guid-", i), "push"), 0)
	}
	eventually(t, "an empty queue", func() bool { n, _ := q.left(); return n == 0 })
	stop()
	if kept := b.all(); len(kept) != 25 || kept[24] != "guid-24 push {}" {
		t.Errorf("kept %q", kept)
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
}

// What could not be kept comes again, and so does what could not be deleted: twice is better than never.
func TestNothingIsLost(t *testing.T) {
	q, b := newFakeQueue(t), &inbox{refuse: true}
	var log bytes.Buffer
	stop := run(t, open(t, q, &log), b)
	q.send(message("guid-1", "push"), 0)
	eventually(t, "a try", func() bool { return q.count("ReceiveMessage") > 1 })
	if n, _ := q.left(); n != 1 || len(b.all()) != 0 {
		t.Fatalf("%d left, kept %q", n, b.all())
	}
	b.look(func() { b.refuse = false })
	q.change(func() { q.deaf = true })
	q.pass(hidden)
	eventually(t, "it is kept", func() bool { return len(b.all()) == 1 && q.count("DeleteMessage") == 1 })
	q.change(func() { q.deaf = false })
	q.pass(hidden)
	eventually(t, "it is deleted", func() bool { n, _ := q.left(); return n == 0 })
	stop()
	if kept := b.all(); !slices.Equal(kept, []string{"guid-1 push {}", "guid-1 push {}"}) {
		t.Errorf("kept %q", kept)
	}
	if !strings.Contains(log.String(), "message left in the queue") || strings.Contains(log.String(), "{}") {
		t.Errorf("logged %s", &log)
	}
}

func TestDuplicatesHaveOneDelivery(t *testing.T) {
	q, b := newFakeQueue(t), &inbox{}
	var log bytes.Buffer
	stop := run(t, open(t, q, &log), b)
	q.send(message("guid-1", "delete"), 2)
	eventually(t, "an empty queue", func() bool { n, _ := q.left(); return n == 0 })
	stop()
	if kept := b.all(); len(kept) != 3 || kept[0] != kept[1] || kept[1] != kept[2] {
		t.Errorf("kept %q", kept)
	}
}

// Poison goes to the dead-letter queue, and holds nobody up.
func TestPoison(t *testing.T) {
	q, b := newFakeQueue(t), &inbox{}
	var log bytes.Buffer
	stop := run(t, open(t, q, &log), b)
	q.send(`{"delivery":"guid-0","event":"push","payload":{}}`, 0)
	for n := range q.redrive {
		q.send(message(fmt.Sprint("guid-", n), "push"), 0)
		eventually(t, "the next is kept", func() bool { return len(b.all()) == n+1 })
		q.pass(hidden)
	}
	eventually(t, "it is dead", func() bool { n, dead := q.left(); return n == 0 && dead == 1 })
	stop()
	if got := strings.Count(log.String(), "message left to the dead-letter queue"); got != q.redrive {
		t.Errorf("logged %d times: %s", got, &log)
	}
}

func TestQueueAway(t *testing.T) {
	q, b := newFakeQueue(t), &inbox{}
	q.refuse = "AccessDenied"
	var log bytes.Buffer
	s := open(t, q, &log)
	stop := run(t, s, b)
	eventually(t, "three tries", func() (ok bool) { b.look(func() { ok = len(b.reports) >= 3 }); return ok })
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("check: %v", err)
	}
	q.change(func() { q.refuse = "" })
	q.send(message("guid-1", "push"), 0)
	eventually(t, "it is kept", func() bool { return len(b.all()) == 1 })
	stop()
	b.look(func() {
		if b.reports[0] == nil || b.reports[len(b.reports)-1] != nil {
			t.Errorf("reports %v", b.reports)
		}
	})
}

func TestCheck(t *testing.T) {
	q := newFakeQueue(t)
	var log bytes.Buffer
	s := open(t, q, &log)
	if err := s.Check(t.Context()); err != nil || log.Len() > 0 {
		t.Errorf("check: %v, %s", err, &log)
	}
	q.redrive = 0
	if err := s.Check(t.Context()); err != nil || !strings.Contains(log.String(), "no dead-letter queue") {
		t.Errorf("check without a dead-letter queue: %v, %s", err, &log)
	}
	s.queue = q.URL + "/123456789012/other"
	if err := s.Check(t.Context()); err == nil {
		t.Error("a queue that is not there may be read")
	}
	if n := q.count("ReceiveMessage") + q.count("DeleteMessage"); n != 0 {
		t.Errorf("%d calls that are no question", n)
	}
}

func TestNew(t *testing.T) {
	if _, err := New(t.Context(), "github-events", "", "", nil); err == nil {
		t.Error("a name was taken for a URL")
	}
	if got := regionOf.FindStringSubmatch("sqs.ap-northeast-1.amazonaws.com"); got == nil || got[1] != "ap-northeast-1" {
		t.Errorf("region %v", got)
	}
}

func (q *fakeQueue) count(operation string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.calls[operation]
}
