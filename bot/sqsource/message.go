package sqsource

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Message is one of GitHub's events.
type Message struct {
	Delivery string // GitHub's ID, the same whenever the event is delivered
	Event    string // its name: push, delete and so on
	Payload  []byte
}

// envelope is both forms of a message: ours, and EventBridge's around it.
type envelope struct {
	Delivery string          `json:"delivery"`
	Event    string          `json:"event"`
	SHA256   string          `json:"sha256"`
	Payload  json.RawMessage `json:"payload"`
	Body     *string         `json:"body"`

	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Detail     json.RawMessage `json:"detail"`
}

// Parse reads a message as the package comment describes it.
func Parse(text []byte) (Message, error) {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return Message{}, fmt.Errorf("read message: %w", err)
	}
	if len(e.Detail) == 0 {
		return e.message()
	}
	var inner envelope
	if err := json.Unmarshal(e.Detail, &inner); err == nil && inner.Delivery != "" {
		return inner.message()
	}
	m := Message{Event: e.DetailType, Payload: e.Detail}
	if e.ID != "" {
		m.Delivery = "eventbridge-" + e.ID // GitHub's own was not passed on
	}
	return m, m.check()
}

func (e envelope) message() (Message, error) {
	m := Message{Delivery: e.Delivery, Event: e.Event, Payload: e.Payload}
	want, err := hex.DecodeString(e.SHA256)
	if err != nil || len(want) != sha256.Size {
		return Message{}, errors.New("read message: sha256 is not the sum of a body")
	}
	if e.Body != nil {
		m.Payload = []byte(*e.Body)
		if sum := sha256.Sum256(m.Payload); !bytes.Equal(sum[:], want) {
			return Message{}, errors.New("read message: the body is not the one that was summed")
		}
	}
	return m, m.check()
}

func (m Message) check() error {
	switch {
	case m.Delivery == "" || len(m.Delivery) > 100:
		return errors.New("read message: it has no delivery")
	case m.Event == "" || len(m.Event) > 100 || strings.ContainsAny(m.Event, "\r\n"):
		return errors.New("read message: it has no event")
	case !bytes.HasPrefix(bytes.TrimSpace(m.Payload), []byte("{")):
		return errors.New("read message: it has no payload")
	}
	return nil
}
