package sqsource

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	ours := message("guid-1", "push")
	for _, c := range []struct {
		reason, text string
		want         Message // zero: refused
	}{
		{"ours", ours, Message{"guid-1", "push", []byte("{}")}},
		{"the whole body", `{"delivery":"g","event":"push","sha256":"` + sum + `","body":"{}"}`, Message{"g", "push", []byte("{}")}},
		{"a body that was changed", `{"delivery":"g","event":"push","sha256":"` + sum + `","body":"{ }"}`, Message{}},
		{"no sum", `{"delivery":"g","event":"push","payload":{}}`, Message{}},
		{"half a sum", `{"delivery":"g","event":"push","sha256":"44136f","payload":{}}`, Message{}},
		{"no delivery", `{"event":"push","sha256":"` + sum + `","payload":{}}`, Message{}},
		{"no event", `{"delivery":"g","sha256":"` + sum + `","payload":{}}`, Message{}},
		{"no payload", `{"delivery":"g","event":"push","sha256":"` + sum + `"}`, Message{}},
		{"a list for a payload", `{"delivery":"g","event":"push","sha256":"` + sum + `","payload":[]}`, Message{}},
		{"a very long delivery", message(strings.Repeat("g", 101), "push"), Message{}},
		{"EventBridge around ours", `{"version":"0","id":"e","detail-type":"webhook","source":"x","detail":` + ours + `}`, Message{"guid-1", "push", []byte("{}")}},
		{"EventBridge around a payload", `{"version":"0","id":"e","detail-type":"push","source":"github.com","detail":{"ref":"refs/heads/x"}}`,
			Message{"eventbridge-e", "push", []byte(`{"ref":"refs/heads/x"}`)}},
		{"EventBridge without an ID", `{"version":"0","detail-type":"push","detail":{"ref":"refs/heads/x"}}`, Message{}},
		{"no JSON", `hello`, Message{}},
		{"nothing", ``, Message{}},
	} {
		got, err := Parse([]byte(c.text))
		if (err != nil) != (c.want.Event == "") || err == nil && (got.Delivery != c.want.Delivery || got.Event != c.want.Event || string(got.Payload) != string(c.want.Payload)) {
			t.Errorf("%s: %+v, %v; want %+v", c.reason, got, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(message("guid-1", "push")))
	f.Add([]byte(`{"id":"e","detail-type":"push","detail":{"ref":"refs/heads/x"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err == nil && (m.Delivery == "" || m.Event == "" || len(m.Delivery) > 100) {
			t.Errorf("accepted %+v", m)
		}
		if err == nil && !strings.Contains(string(text), `"body"`) && !json.Valid(m.Payload) {
			t.Errorf("payload %q", m.Payload)
		}
	})
}
