package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"qabot/bot/slacksim"
	"qabot/store"
)

// olderStore is a store whose messages have waited for longer than they have.
type olderStore struct {
	*store.Store
	by time.Duration
}

func (o *olderStore) Messages(ctx context.Context, lane string) ([]store.Message, error) {
	messages, err := o.Store.Messages(ctx, lane)
	for i := range messages {
		messages[i].Age += o.by
	}
	return messages, err
}

// asked has somebody type a question and the bot decide about it; the answer lies in the outbox.
func (w *world) asked(channel string) {
	w.t.Helper()
	w.type_("ana", channel, "list")
	w.bot.dispatcher.once(w.t.Context())
	w.unsent(1)
}

func (w *world) unsent(want int) {
	w.t.Helper()
	if left, err := w.store.Unsent(w.t.Context()); err != nil || len(left) != want {
		w.t.Fatalf("%d lanes of the outbox wait, %v; want %d\n%s", len(left), err, want, w.transcript("qa"))
	}
}

func (w *world) fail(f slacksim.Fault) {
	w.t.Helper()
	if err := w.slack.Fail(f); err != nil {
		w.t.Fatal(err)
	}
}

const noneThere = "No branch has an environment"

// An answer takes the first way that is open: the response_url for half an hour, then a whisper, and where the bot may not
// whisper a direct message. After a day nobody wants it any more.
func TestWaysOfAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		age                       time.Duration
		channel                   string
		responded, whispered, far bool
	}{
		"at once":                    {0, "qa", true, false, false},
		"at once, not in channel":    {0, "general", true, false, false},
		"half an hour later":         {31 * time.Minute, "qa", false, true, false},
		"much later, not in channel": {5 * time.Hour, "general", false, false, true},
		"after a day":                {25 * time.Hour, "qa", false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.listen()
			w.bot.store = &olderStore{w.store, c.age}
			calls := w.calls()
			w.asked(c.channel)
			w.bot.sender.once(t.Context())
			w.unsent(0)
			if got := calls("response"); (got > 0) != c.responded {
				t.Errorf("%d posts to the response_url", got)
			}
			if got := calls("chat.postEphemeral"); got > 0 && !c.whispered && !c.far {
				t.Errorf("%d whispers", got)
			}
			if got := w.heard(c.channel, "only", noneThere); got != (c.responded || c.whispered) {
				t.Errorf("whispered: %v\n%s", got, w.transcript(c.channel))
			}
			if got := w.heard("@ana", noneThere); got != c.far {
				t.Errorf("told in direct messages: %v\n%s", got, w.transcript("@ana"))
			}
		})
	}
}

// calls counts what the bot asks of Slack, by the method or "response".
func (w *world) calls() func(string) int {
	count := countedCalls{by: map[string]int{}, next: w.bot.slack.client.Transport}
	w.bot.slack.client.Transport = count
	return func(what string) int { return count.by[what] }
}

type countedCalls struct {
	by   map[string]int
	next http.RoundTripper
}

func (c countedCalls) RoundTrip(r *http.Request) (*http.Response, error) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	what := parts[len(parts)-1]
	if parts[0] == "response" {
		what = parts[0]
	}
	c.by[what]++
	return c.next.RoundTrip(r)
}

func (c countedCalls) CloseIdleConnections() {
	c.next.(interface{ CloseIdleConnections() }).CloseIdleConnections()
}

// While Slack is away, slow or wants to be left alone, an answer waits; it comes when Slack is back.
func TestAnswersWaitForSlack(t *testing.T) {
	for name, fault := range map[string]slacksim.Fault{
		"5xx": {Status: 503, Times: -1}, "internal error": {Error: "internal_error", Times: -1}, "429": {RetryAfter: 7, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.listen()
			w.message("ana", "@qabot", "list", "")
			w.await("letter", func() bool { lanes, err := w.store.Lanes(t.Context()); return err == nil && len(lanes) == 1 })
			w.bot.dispatcher.once(t.Context())
			w.fail(fault)
			w.bot.sender.once(t.Context())
			w.bot.sender.once(t.Context()) // not yet
			w.unsent(1)
			m, err := w.store.Messages(t.Context(), slackLane(w.slack.UserID("ana")))
			if err != nil || m[0].Tries != 1 {
				t.Errorf("tried %d times, want 1: Slack is not left alone", m[0].Tries)
			}
			w.slack.ClearFaults()
			w.bot.narrator.budget.quiet = time.Time{}
			w.bot.sender.hurry()
			w.bot.sender.once(t.Context())
			w.unsent(0)
			if n := strings.Count(w.transcript("@ana"), "qabot: "+noneThere); n == 0 {
				t.Errorf("never said\n%s", w.transcript("@ana"))
			}
		})
	}
}

// A direct message whose answer was lost is there already; it does not come twice, and neither does the next one wait.
func TestDirectAnswersComeOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.listen()
	w.message("ana", "@qabot", "list", "")
	w.await("letter", func() bool { lanes, err := w.store.Lanes(t.Context()); return err == nil && len(lanes) == 1 })
	w.bot.dispatcher.once(t.Context())
	w.fail(slacksim.Fault{Method: "chat.postMessage", DropAfter: true})
	w.bot.sender.once(t.Context())
	w.unsent(1)
	w.bot.sender.hurry()
	w.bot.sender.once(t.Context())
	w.unsent(0)
	if n := len(w.parents("@ana")); n != 1 {
		t.Errorf("said %d times\n%s", n, w.transcript("@ana"))
	}
}

// What Slack refuses for good is dropped, and those behind it are said.
func TestRefusedAnswers(t *testing.T) {
	w := newWorld(t, nil)
	p := place{User: w.slack.UserID("ana"), Channel: "D0GONE", Direct: true}
	if err := w.bot.reply(t.Context(), p, view{Text: "into nowhere"}); err != nil {
		t.Fatal(err)
	}
	p.Channel = w.slack.ChannelID("@ana")
	if err := w.bot.reply(t.Context(), p, view{Text: "here"}); err != nil {
		t.Fatal(err)
	}
	w.bot.sender.once(t.Context())
	w.unsent(0)
	if !w.heard("@ana", "here") {
		t.Error("the second message was not said")
	}
}

// Blocks that Slack does not take do not keep the words from the person.
func TestAnswersWithoutTheirBlocks(t *testing.T) {
	w := newWorld(t, nil)
	odd := []slack.Block{slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, strings.Repeat("x", 151), false, false))}
	for _, p := range []place{
		{User: w.slack.UserID("ana"), Channel: w.slack.ChannelID("qa")},
		{User: w.slack.UserID("ana"), Channel: w.slack.ChannelID("@ana"), Direct: true},
	} {
		if err := w.bot.reply(t.Context(), p, view{Text: "the words", Blocks: odd}); err != nil {
			t.Fatal(err)
		}
	}
	w.bot.sender.once(t.Context())
	w.unsent(0)
	if !w.heard("qa", "only", "the words") || !w.heard("@ana", "the words") {
		t.Errorf("%s%s", w.transcript("qa"), w.transcript("@ana"))
	}
}

// Every message comes out of the outbox as it went in.
func TestMessagesKeepTheirBlocks(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var is saying
		if err := json.Unmarshal(text, &is); err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(is)
		if err != nil {
			t.Fatal(err)
		}
		var want, got struct{ Blocks any }
		if err := json.NewDecoder(bytes.NewReader(text)).Decode(&want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Blocks, got.Blocks); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}
