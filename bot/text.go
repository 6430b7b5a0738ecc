package bot

import (
	"maps"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"qabot/store"
)

// Languages that people are spoken to in, by their names in the configuration.
const (
	English  = "en"
	Japanese = "ja"
)

// Languages lists them, the default first.
func Languages() []string { return []string{English, Japanese} }

// catalogue gives the words of a language; English for one that is not known.
func catalogue(language string) texts {
	if language == Japanese {
		return japanese()
	}
	return english()
}

// texts are the catalogue of words in one language.
type texts struct {
	grammar
	phrases map[string]phrase
	names   map[string]string // values of {cmd} and the like, the same for every text
}

// grammar is what differs between languages besides words.
type grammar struct {
	language string
	gap      string // between two sentences
	stop     string // at the end of one
	list     string // between two names
	date     string // how Slack writes a date for a reader
}

// phrase says one thing. Its parts are templates: {0}, {1} stand for arguments, {cmd} and {bot} for names of this
// installation, `...` for code and *...* for bold. An argument that is no word says how it is to be written:
//
//	{0:span}  a time.Duration: 4m 2s
//	{0:size}  bytes: 12 MB
//	{0:date}  a time in RFC 3339, in the reader's time zone
//	{0:list}  names with ", " between them
//	{0:word}  a code of this catalogue, or what follows "word." in one
//	{0:words} several, with ", " between them
//
// Order differs between languages: a sentence is one template, never put together from pieces.
type phrase struct {
	Say   string // what happened, or what is going on, in a few words
	Means string // what that means for the reader; only where something went wrong
	Next  string // what to type or do next; likewise
}

func collect(g grammar, parts ...map[string]phrase) texts {
	all := map[string]phrase{}
	for _, p := range parts {
		maps.Copy(all, p)
	}
	return texts{grammar: g, phrases: all}
}

// with gives the same texts with one more name.
func (t texts) with(name, value string) texts {
	names := map[string]string{name: value}
	for k, v := range t.names {
		if k != name {
			names[k] = v
		}
	}
	t.names = names
	return t
}

// of gives the phrase of a code. A code that the catalogue does not know speaks for itself.
func (t texts) of(code string) phrase {
	if p, ok := t.phrases[code]; ok {
		return p
	}
	return phrase{Say: "`" + short(code, 60) + "`"}
}

// whole gives the template of everything that a phrase says, each sentence but the last one ended.
func (t texts) whole(p phrase, args []string) string {
	said := []string{p.Say, p.Means, p.Next}
	for i := range said[:2] {
		if said[i] != "" && strings.Join(said[i+1:], "") != "" {
			said[i] = t.ended(said[i], args)
		}
	}
	return t.sentences(said...)
}

// ended gives a template with the mark that a sentence ends with, where neither the template nor what is filled in at its end
// has one. What is filled in may be a reason in somebody else's words.
func (t texts) ended(s string, args []string) string {
	end, foreign := s, false
	if m := lastArgument.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n >= len(args) {
			return s
		}
		end, foreign = args[n], true
	}
	switch r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(end, " *")); {
	case !strings.ContainsRune(".!?…:。！？", r):
		return s + t.stop
	case foreign && t.gap == "":
		return s + " " // behind a full stop of another script
	}
	return s
}

var lastArgument = regexp.MustCompile(`\{(\d+)[^}]*\}$`)

// sentences puts sentences one after the other, those that are not empty.
func (t texts) sentences(parts ...string) string { return join(t.gap, parts...) }

// byItself gives a phrase that is told while qabot tries again by itself: it sends nobody off to type retry.
func (t texts) byItself(p phrase) phrase {
	if !strings.Contains(p.Next, "{cmd} retry") {
		return p
	}
	var kept []string
	for s := range strings.SplitAfterSeq(p.Next, t.stop+t.gap) {
		if !strings.Contains(s, "{cmd} retry") {
			kept = append(kept, strings.TrimSpace(s))
		}
	}
	p.Next = t.sentences(t.sentences(kept...), t.of(labelByItself).Say)
	return p
}

// detail says a fact in a few words.
func (t texts) detail(d store.Detail) []element {
	if d.Code == "" {
		return nil
	}
	return t.rich(t.of(d.Code).Say, shorts(d.Args, 100)...)
}

// full says a fault: what happened, what it means, what to do next.
func (t texts) full(d store.Detail) []element {
	p := t.of(d.Code)
	args := shorts(d.Args, 300)
	return t.rich(t.whole(p, args), args...)
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
