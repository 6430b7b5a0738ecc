package bot

import (
	"strings"

	"github.com/slack-go/slack"
)

// said is one line twice: for a rich_text block, and for the text of a message.
type said struct {
	parts []element
	text  strings.Builder
}

func (s *said) words(w string) {
	if w != "" {
		s.parts = append(s.parts, words(w))
		s.text.WriteString(escape(w))
	}
}

func (s *said) person(id string) {
	s.parts = append(s.parts, person(id))
	s.text.WriteString("<@" + id + ">")
}

// who says a word of a rule's Who.
func (s *said) who(t texts, w, owner string) {
	switch {
	case w == everyone:
		s.words(t.of(labelMember).Say)
	case groupID.MatchString(w):
		s.parts = append(s.parts, slack.NewRichTextSectionUserGroupElement(w))
		s.text.WriteString("<!subteam^" + w + ">")
	case userID.MatchString(w):
		s.person(w)
		if w == owner {
			s.words(t.of(labelOwns).Say)
		}
	default:
		s.words(w)
	}
}

// where says a word of a rule's Where.
func (s *said) where(t texts, w string) {
	switch {
	case w == direct:
		s.words(t.of(labelDirect).Say)
	case channelID.MatchString(w):
		s.parts = append(s.parts, slack.NewRichTextSectionChannelElement(w, nil))
		s.text.WriteString("<#" + w + ">")
	default:
		s.words(w)
	}
}

// listed fills a list into the sentence of a label, where its {0} is.
func listed(t texts, label string, list []string, one func(s *said, w string)) *said {
	before, after, _ := strings.Cut(t.of(label).Say, "{0}")
	s := &said{}
	s.words(before)
	for i, w := range list {
		switch {
		case i > 0 && i == len(list)-1:
			s.words(" " + t.of(labelOr).Say + " ")
		case i > 0:
			s.words(t.list)
		}
		one(s, w)
	}
	s.words(after)
	return s
}

// lines of a refusal: why; who may, so that he can be asked; and where it may be done.
func (r refusal) lines(t texts, owner string) []*said {
	var out []*said
	if len(r.Who) > 0 {
		out = append(out, listed(t, labelMayAsk, r.Who, func(s *said, w string) { s.who(t, w, owner) }))
	}
	if len(r.Where) > 0 {
		out = append(out, listed(t, labelMayGo, r.Where, func(s *said, w string) { s.where(t, w) }))
	}
	return out
}

// view is the refusal as people see it.
func (r refusal) view(t texts, owner string) view {
	v := answer(t, r.Why)
	for _, l := range r.lines(t, owner) {
		v = v.add(richText("", row(l.parts...)))
		v.Text += t.gap + l.text.String()
	}
	return v
}

// plain is the refusal in words alone, for where Slack shows nothing else, such as under a field of a form. names gives the
// names of people and groups by ID.
func (r refusal) plain(t texts, owner string, name func(id string) string) string {
	p := t.of(r.Why.Code)
	var b strings.Builder
	args := shorts(r.Why.Args, 300)
	b.WriteString(t.plain(t.whole(p, args), args...))
	for _, l := range r.lines(t, owner) {
		b.WriteString(t.gap + l.plain(name))
	}
	return b.String()
}

// elsewhere says under the field for a place which one to choose.
func (r refusal) elsewhere(t texts, name func(id string) string) string {
	return listed(t, formElsewhere, r.Where, func(s *said, w string) { s.where(t, w) }).plain(name)
}

func (s *said) plain(name func(id string) string) string {
	var b strings.Builder
	for _, e := range s.parts {
		b.WriteString(plainElement(e, name))
	}
	return b.String()
}

// plainElement is one element of a line in words alone.
func plainElement(e element, name func(id string) string) string {
	switch e := e.(type) {
	case *slack.RichTextSectionTextElement:
		return e.Text
	case *slack.RichTextSectionUserElement:
		return name(e.UserID)
	case *slack.RichTextSectionUserGroupElement:
		return name(e.UsergroupID)
	case *slack.RichTextSectionChannelElement:
		return name(e.ChannelID)
	}
	return ""
}
