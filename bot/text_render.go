package bot

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/slack-go/slack"
)

// piece is a run of characters of one style, a date, or an element that stands as it is.
type piece struct {
	text       string
	code, bold bool
	foreign    bool // somebody else's words
	at         time.Time
	element    element
}

// pieces fills the arguments into a template and splits it by style. Arguments are strings or elements.
func (t texts) pieces(template string, args []any) []piece {
	var out []piece
	var code, bold bool
	add := func(s string, foreign bool) {
		if s == "" {
			return
		}
		if code {
			s = strings.ReplaceAll(s, "`", "'")
		}
		// One span of code or bold, however many parts it is made of.
		if last := len(out) - 1; last >= 0 && (code && out[last].code || bold && out[last].bold && !foreign && !out[last].foreign) {
			out[last].text += s
			return
		}
		out = append(out, piece{text: s, code: code, bold: bold, foreign: foreign})
	}
	for template != "" {
		i := strings.IndexAny(template, "`*{")
		if i < 0 {
			add(template, false)
			break
		}
		add(template[:i], false)
		mark := template[i]
		template = template[i+1:]
		switch mark {
		case '`':
			code = !code
		case '*':
			bold = !bold
		case '{':
			name, rest, ok := strings.Cut(template, "}")
			if !ok {
				add("{", false)
				continue
			}
			template = rest
			name, form, _ := strings.Cut(name, ":")
			n, err := strconv.Atoi(name)
			switch {
			case err != nil:
				add(t.names[name], false)
			case n >= len(args):
			default:
				if said, ok := args[n].(string); !ok {
					out = append(out, piece{element: args[n].(element)})
				} else if at, ok := date(form, said); ok {
					out = append(out, piece{at: at})
				} else {
					s, ours := t.written(form, said)
					add(s, !ours)
				}
			}
		}
	}
	return out
}

// rich renders a template for a rich_text block, where nothing is parsed: other people's words stay words.
func (t texts) rich(template string, args ...string) []element {
	return t.mixed(template, anys(args)...)
}

// mixed is rich with arguments that may also be elements, such as a mention or a link, which stand as they are.
func (t texts) mixed(template string, args ...any) []element {
	var out []element
	for _, p := range t.pieces(template, args) {
		switch {
		case p.element != nil:
			out = append(out, p.element)
			continue
		case !p.at.IsZero():
			out = append(out, t.dateElement(p.at))
			continue
		}
		var style *slack.RichTextSectionTextStyle
		if p.code || p.bold {
			style = &slack.RichTextSectionTextStyle{Code: p.code, Bold: p.bold}
		}
		out = append(out, slack.NewRichTextSectionTextElement(legible(p.text), style))
	}
	return out
}

// flat renders a template for the text of a message, which Slack parses: other people's words become code.
func (t texts) flat(template string, args ...string) string {
	var b strings.Builder
	for _, p := range t.pieces(template, anys(args)) {
		switch {
		case !p.at.IsZero():
			b.WriteString(t.when(p.at))
		case p.code || p.foreign:
			b.WriteString(code(p.text))
		case p.bold:
			b.WriteString("*" + escape(p.text) + "*")
		default:
			b.WriteString(escape(p.text))
		}
	}
	return b.String()
}

// plain renders a template for where Slack knows no style: buttons, options, titles.
func (t texts) plain(template string, args ...string) string {
	var b strings.Builder
	for _, p := range t.pieces(template, anys(args)) {
		if p.at.IsZero() {
			b.WriteString(p.text)
		} else {
			b.WriteString(utc(p.at))
		}
	}
	return b.String()
}

func anys(args []string) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
	}
	return out
}

// escape takes the meaning from the three characters that Slack parses.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(legible(s))
}

// legible shows a sign for characters that nobody sees: those that turn the direction of what follows, that have no width, or
// that control something. With them one name could pass for another.
func legible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200b, r == 0x2060, r == 0xfeff:
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// code makes a code span, in which Slack formats nothing.
func code(s string) string {
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "`", "'")
	if s == "" {
		return ""
	}
	return "`" + escape(s) + "`"
}
