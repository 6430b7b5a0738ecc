package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"qabot/store"
)

// literal are the pieces of a template between its values and marks.
var literal = regexp.MustCompile("[^{}`*]+|\\{[^}]*\\}")

// TestEveryFailureIsWhole: whatever fails, the thread says what it means, what is still served and what to do next, in both
// languages, with at most twelve lines of log and buttons that say of which revision they are.
func TestEveryFailureIsWhole(t *testing.T) {
	var log []string
	for n := range 40 {
		log = append(log, "line "+strconv.Itoa(n))
	}
	for _, language := range Languages() {
		texts := catalogue(language)
		for name, code := range constants(t, "../store/codes.go") {
			p := texts.of(code)
			if p.Next == "" {
				continue // nothing that fails, see TestFaultsSayWhatToDo
			}
			for still, change := range map[string]func(*store.Environment){
				"something": failed,
				"nothing":   func(e *store.Environment) { failed(e); e.Status.Serving = "" },
			} {
				e := store.Event{
					N: 3, Code: store.EventFailed, Kind: "service/app", Generation: 2, Lines: log, URL: "https://logs.example.com/x",
					Detail: store.Say(code, "1", "2", "3", "4", "5", "6"),
				}
				v, ok := settledIn(language, change).reply(e)
				if !ok {
					t.Fatal("no reply")
				}
				lines := v.lines()
				for _, piece := range append(literal.FindAllString(p.Means, -1), literal.FindAllString(p.Next, -1)...) {
					if !strings.HasPrefix(piece, "{") && !strings.Contains(lines, piece) {
						t.Errorf("%s, %s: %q is not in\n%s", language, name, piece, lines)
					}
				}
				served := commit1[:7]
				if still == "nothing" {
					served = strings.TrimSpace(texts.flat(texts.of(labelNoneServes).Say))
				}
				if !strings.Contains(lines, served) {
					t.Errorf("%s, %s: %q, what is still served, is not in\n%s", language, name, served, lines)
				}
				failureParts(t, v)
			}
		}
	}
}

func failureParts(t *testing.T, v view) {
	t.Helper()
	var buttons []string
	for _, b := range v.Blocks {
		switch b := b.(type) {
		case *slack.RichTextBlock:
			for _, e := range b.Elements {
				if pre, ok := e.(*slack.RichTextPreformatted); ok {
					var text strings.Builder
					for _, part := range pre.Elements {
						text.WriteString(inPlain(part))
					}
					if lines := strings.Split(strings.TrimSpace(text.String()), "\n"); len(lines) > 12 || lines[len(lines)-1] != "line 39" {
						t.Errorf("the log is %q", lines)
					}
				}
			}
		case *slack.ActionBlock:
			for _, e := range b.Elements.ElementSet {
				button := e.(*slack.ButtonBlockElement)
				buttons = append(buttons, button.ActionID)
				if want := settled(failed).value(); button.Value != want {
					t.Errorf("%s carries %q, not %q", button.ActionID, button.Value, want)
				}
			}
		}
	}
	if want := []string{actionRetry, actionLog}; !slices.Equal(buttons, want) {
		t.Errorf("buttons are %q, not %q", buttons, want)
	}
}
