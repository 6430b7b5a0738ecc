package bot

import (
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// texts are a catalogue of words in one language. Another language is another function like english.
type texts struct {
	phrases map[string]phrase
	names   map[string]string // values of {cmd} and the like, the same for every text
}

// phrase says one thing. Its parts are templates: {0}, {1} stand for arguments, {cmd} and {bot} for names of this
// installation, `...` for code and *...* for bold.
type phrase struct {
	Say   string // what happened, or what is going on, in a few words
	Means string // what that means for the reader; only where something went wrong
	Next  string // what to type or do next; likewise
}

// with gives the same texts with one more name.
func (t texts) with(name, value string) texts {
	names := map[string]string{name: value}
	for k, v := range t.names {
		if k != name {
			names[k] = v
		}
	}
	return texts{t.phrases, names}
}

// of gives the phrase of a code. A code that the catalogue does not know speaks for itself.
func (t texts) of(code string) phrase {
	if p, ok := t.phrases[code]; ok {
		return p
	}
	return phrase{Say: "`" + code + "`"}
}

// piece is a run of characters of one style.
type piece struct {
	text       string
	code, bold bool
	foreign    bool // somebody else's words
}

// pieces fills the arguments into a template and splits it by style.
func (t texts) pieces(template string, args []string) []piece {
	var out []piece
	var code, bold bool
	add := func(s string, foreign bool) {
		if s == "" {
			return
		}
		if code {
			s = strings.ReplaceAll(s, "`", "'")
		}
		// One code span, however many parts it is made of.
		if last := len(out) - 1; last >= 0 && code && out[last].code {
			out[last].text += s
			return
		}
		out = append(out, piece{s, code, bold, foreign})
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
			if n, err := strconv.Atoi(name); err == nil {
				if n < len(args) {
					add(args[n], true)
				}
			} else {
				add(t.names[name], false)
			}
		}
	}
	return out
}

// rich renders a template for a rich_text block, where nothing is parsed: other people's words stay words.
func (t texts) rich(template string, args ...string) []slack.RichTextSectionElement {
	var out []slack.RichTextSectionElement
	for _, p := range t.pieces(template, args) {
		var style *slack.RichTextSectionTextStyle
		if p.code || p.bold {
			style = &slack.RichTextSectionTextStyle{Code: p.code, Bold: p.bold}
		}
		out = append(out, slack.NewRichTextSectionTextElement(p.text, style))
	}
	return out
}

// flat renders a template for the text of a message, which Slack parses: other people's words become code.
func (t texts) flat(template string, args ...string) string {
	var b strings.Builder
	for _, p := range t.pieces(template, args) {
		switch {
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

// detail says a fact in a few words.
func (t texts) detail(d store.Detail) []slack.RichTextSectionElement {
	if d.Code == "" {
		return nil
	}
	return t.rich(t.of(d.Code).Say, shorts(d.Args, 300)...)
}

// full says a fault: what happened, what it means, what to do next.
func (t texts) full(d store.Detail) []slack.RichTextSectionElement {
	p := t.of(d.Code)
	return t.rich(join(" ", p.Say, p.Means, p.Next), shorts(d.Args, 300)...)
}

func shorts(args []string, n int) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = short(strings.Join(strings.Fields(a), " "), n)
	}
	return out
}

// join puts the parts that are not empty together.
func join(sep string, parts ...string) string {
	var full []string
	for _, p := range parts {
		if p != "" {
			full = append(full, p)
		}
	}
	return strings.Join(full, sep)
}

// escape takes the meaning from the three characters that Slack parses.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// code makes a code span, in which Slack formats nothing.
func code(s string) string {
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "`", "'")
	if s == "" {
		return ""
	}
	return "`" + escape(s) + "`"
}
