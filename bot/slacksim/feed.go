package slacksim

import (
	"encoding/json"
	"sync"
)

// feed tells open pages what changed. A page that cannot keep up is cut off; it reconnects and reads everything anew.
type feed struct {
	mu     sync.Mutex
	subs   map[chan []byte]string // user id
	closed bool
}

// feedEvent is one line of the feed. User, when set, is the only one it is for.
type feedEvent struct {
	Type    string   `json:"type"` // message, deleted, views, home, notice, channels, connections
	Channel string   `json:"channel,omitempty"`
	TS      string   `json:"ts,omitempty"`
	User    string   `json:"user,omitempty"`
	Text    string   `json:"text,omitempty"`
	Thread  string   `json:"thread_ts,omitempty"`
	Message *Message `json:"message,omitempty"`
}

func newFeed() *feed { return &feed{subs: map[chan []byte]string{}} }

// subscribe gives a channel of JSON lines; it is closed when the reader is too slow or the workspace ends.
func (f *feed) subscribe(userID string) (<-chan []byte, func()) {
	ch := make(chan []byte, 256)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		close(ch)
		return ch, func() {}
	}
	f.subs[ch] = userID
	return ch, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.drop(ch)
	}
}

func (f *feed) drop(ch chan []byte) {
	if _, ok := f.subs[ch]; ok {
		delete(f.subs, ch)
		close(ch)
	}
}

func (f *feed) message(m *Message) {
	c := m.clone()
	c.History = nil
	f.send(feedEvent{Type: "message", Channel: m.Channel, User: m.Ephemeral, Message: &c})
}

func (f *feed) send(e feedEvent) {
	line, err := json.Marshal(e)
	if err != nil {
		return // every field is a plain value or JSON that was parsed before
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for ch, user := range f.subs {
		if e.User != "" && e.User != user {
			continue
		}
		select {
		case ch <- line:
		default:
			f.drop(ch)
		}
	}
}

func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for ch := range f.subs {
		f.drop(ch)
	}
}
