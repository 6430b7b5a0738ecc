package bot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"
)

// view is one message: its blocks, and the text that notifications and screen readers get.
type view struct {
	Text   string
	Blocks []slack.Block

	code string // of the answer that it is; empty: it is none
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
	return slack.NewRichTextSectionTextElement(legible(s), nil)
}

func strong(s string) element {
	return slack.NewRichTextSectionTextElement(legible(s), &slack.RichTextSectionTextStyle{Bold: true})
}

func codeWord(s string) element {
	return slack.NewRichTextSectionTextElement(legible(s), &slack.RichTextSectionTextStyle{Code: true})
}

func emoji(name string) element { return slack.NewRichTextSectionEmojiElement(name, 0, nil) }

func person(id string) element { return slack.NewRichTextSectionUserElement(id, nil) }

func link(url, label string) element {
	return slack.NewRichTextSectionLinkElement(url, legible(label), nil)
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
func (t texts) preformatted(lines []string, most int) slack.RichTextElement {
	const wide = 200
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == most {
			b.WriteString(t.plain(t.of(labelMoreLines).Say, strconv.Itoa(len(lines)-most)))
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

func plainText(s string, most int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, cmp.Or(short(legible(s), most), "–"), true, false)
}

// button makes a button whose value says what it was made for.
func button(action, value, label string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, plainText(label, 75))
}
