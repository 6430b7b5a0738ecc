package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// view is one message: its blocks, and the text that notifications and screen readers get.
type view struct {
	Text   string
	Blocks []slack.Block
}

// hash tells whether two views look alike.
func (v view) hash() string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // a view made of our own types always encodes; an empty hash only costs one more update
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

type element = slack.RichTextSectionElement

func words(s string) element {
	return slack.NewRichTextSectionTextElement(s, nil)
}

func strong(s string) element {
	return slack.NewRichTextSectionTextElement(s, &slack.RichTextSectionTextStyle{Bold: true})
}

func codeWord(s string) element {
	return slack.NewRichTextSectionTextElement(s, &slack.RichTextSectionTextStyle{Code: true})
}

func emoji(name string) element { return slack.NewRichTextSectionEmojiElement(name, 0, nil) }

func person(id string) element { return slack.NewRichTextSectionUserElement(id, nil) }

func link(url, label string) element {
	return slack.NewRichTextSectionLinkElement(url, label, nil)
}

// row makes a line. Slack refuses elements without a character, and lines without an element.
func row(parts ...element) slack.RichTextElement {
	parts = slices.DeleteFunc(slices.Clone(parts), func(e element) bool {
		text, ok := e.(*slack.RichTextSectionTextElement)
		return ok && text.Text == ""
	})
	if len(parts) == 0 {
		parts = append(parts, words(" "))
	}
	return slack.NewRichTextSection(parts...)
}

// richText makes a block of lines; nothing in it is ever parsed.
func richText(blockID string, lines ...slack.RichTextElement) slack.Block {
	return slack.NewRichTextBlock(blockID, lines...)
}

// preformatted shows lines as they are, cut to what a reader can take in.
func preformatted(lines []string, most int) slack.RichTextElement {
	const wide = 200
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == most {
			fmt.Fprintf(&b, "… %d more lines", len(lines)-most)
			break
		}
		b.WriteString(short(strings.Map(printable, terminalCode.ReplaceAllString(l, "")), wide))
	}
	s := b.String()
	if s == "" {
		s = " "
	}
	return &slack.RichTextPreformatted{Type: slack.RTEPreformatted, Elements: []element{words(s)}}
}

// terminalCode is a colour or a movement of the cursor.
var terminalCode = regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]")

// printable drops control characters.
func printable(r rune) rune {
	if r == '\t' {
		return ' '
	}
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// note makes a small grey line of mrkdwn; the caller escapes.
func note(mrkdwn string) slack.Block {
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, false))
}

// when shows a time in the reader's own time zone, and stays true without edits.
func when(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} at {time}|%s>", t.Unix(), t.UTC().Format("2006-01-02 15:04 UTC"))
}

func plainText(s string, most int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, short(s, most), true, false)
}

// button makes a button whose value says what it was made for.
func button(action, value, label string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, plainText(label, 75))
}

// span says a length of time as people do: 45s, 4m 2s, 3h 5m, 2d 4h.
func span(d time.Duration) string {
	d = max(d.Round(time.Second), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh %dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd %dh", int(d.Hours())/24, int(d.Hours())%24)
}

// dateElement is when, for rich text.
func dateElement(t time.Time) element {
	return slack.NewRichTextSectionDateElement(t.Unix(), "{date_short_pretty} at {time}", nil, ref(t.UTC().Format("2006-01-02 15:04 UTC")))
}

func ref[T any](v T) *T { return &v }
