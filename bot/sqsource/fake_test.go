package sqsource

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// began is when the clock of a fakeQueue starts, and so when tests put messages into it.
var began = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// fakeQueue is one SQS queue on the wire, with its own clock: what was received is hidden for a while, comes again unless it
// was deleted by its newest receipt, and goes to the dead-letter queue when it came too often.
type fakeQueue struct {
	*httptest.Server
	url string

	mu       sync.Mutex
	now      time.Time
	messages []*fakeMessage
	dead     []string
	serial   int
	changed  chan struct{} // closed and replaced when something may be visible
	redrive  int           // 0: no dead-letter queue
	refuse   string        // error for every call
	deaf     bool          // deletes come to nothing although they are answered
	calls    map[string]int
}

type fakeMessage struct {
	id, body, receipt string
	visible, sent     time.Time
	received          int
}

func newFakeQueue(t *testing.T) *fakeQueue {
	t.Helper()
	q := &fakeQueue{now: began, changed: make(chan struct{}), redrive: 3, calls: map[string]int{}}
	q.Server = httptest.NewServer(http.HandlerFunc(q.serve))
	q.url = q.URL + "/123456789012/github"
	t.Cleanup(q.Close)
	return q
}

func (q *fakeQueue) change(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f()
	close(q.changed)
	q.changed = make(chan struct{})
}

// send puts a message into the queue, copies of it too: SQS promises at least one.
func (q *fakeQueue) send(body string, copies int) {
	q.change(func() {
		for range 1 + copies {
			q.serial++
			q.messages = append(q.messages, &fakeMessage{id: fmt.Sprint("message-", q.serial), body: body, visible: q.now, sent: began})
		}
	})
}

// pass lets time pass.
func (q *fakeQueue) pass(d time.Duration) { q.change(func() { q.now = q.now.Add(d) }) }

func (q *fakeQueue) left() (waiting, dead int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages), len(q.dead)
}

func (q *fakeQueue) serve(w http.ResponseWriter, r *http.Request) {
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	text, err := io.ReadAll(r.Body)
	var in struct {
		QueueUrl                               string
		ReceiptHandle                          string
		MaxNumberOfMessages, VisibilityTimeout int
		AttributeNames                         []string
	}
	if err != nil || json.Unmarshal(text, &in) != nil || r.Header.Get("Content-Type") != "application/x-amz-json-1.0" {
		q.answer(w, 400, "SerializationException", nil)
		return
	}
	q.mu.Lock()
	q.calls[operation]++
	refuse := q.refuse
	q.mu.Unlock()
	switch {
	case refuse != "":
		q.answer(w, 400, refuse, nil)
	case in.QueueUrl != q.url:
		q.answer(w, 400, "AWS.SimpleQueueService.NonExistentQueue", nil)
	case operation == "ReceiveMessage":
		q.answer(w, 200, "", map[string]any{"Messages": q.receive(r.Context(), in.MaxNumberOfMessages, in.VisibilityTimeout)})
	case operation == "DeleteMessage":
		q.delete(in.ReceiptHandle)
		q.answer(w, 200, "", map[string]any{})
	case operation == "GetQueueAttributes":
		q.answer(w, 200, "", map[string]any{"Attributes": q.attributes()})
	default:
		q.answer(w, 400, "InvalidAction", nil)
	}
}

func (q *fakeQueue) answer(w http.ResponseWriter, status int, code string, body map[string]any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if code != "" {
		body = map[string]any{"__type": "com.amazonaws.sqs#" + code, "message": "no"}
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// receive waits for messages as a long poll does.
func (q *fakeQueue) receive(ctx context.Context, most, hidden int) []any {
	for {
		q.mu.Lock()
		found := q.take(most, hidden)
		changed := q.changed
		q.mu.Unlock()
		if len(found) > 0 {
			return found
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

func (q *fakeQueue) take(most, hidden int) []any {
	var found []any
	for i := 0; i < len(q.messages) && len(found) < most; i++ {
		m := q.messages[i]
		if m.visible.After(q.now) {
			continue
		}
		if m.received++; q.redrive > 0 && m.received > q.redrive {
			q.dead = append(q.dead, m.body)
			q.messages = append(q.messages[:i:i], q.messages[i+1:]...)
			i--
			continue
		}
		q.serial++
		m.receipt, m.visible = fmt.Sprint("receipt-", q.serial), q.now.Add(time.Duration(hidden)*time.Second)
		sum := md5.Sum([]byte(m.body))
		found = append(found, map[string]any{
			"MessageId": m.id, "ReceiptHandle": m.receipt, "Body": m.body, "MD5OfBody": hex.EncodeToString(sum[:]),
			"Attributes": map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.received), "SentTimestamp": strconv.FormatInt(m.sent.UnixMilli(), 10)},
		})
	}
	return found
}

func (q *fakeQueue) delete(receipt string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, m := range q.messages {
		if m.receipt == receipt && !q.deaf {
			q.messages = append(q.messages[:i:i], q.messages[i+1:]...)
			return
		}
	}
}

func (q *fakeQueue) attributes() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := map[string]string{"QueueArn": "arn:aws:sqs:eu-west-1:123456789012:github"}
	if q.redrive > 0 {
		out["RedrivePolicy"] = fmt.Sprintf(`{"maxReceiveCount":%d}`, q.redrive)
	}
	return out
}
