package slacksim

import (
	"regexp"
	"strings"
)

var (
	linkish  = regexp.MustCompile(`^https?://\S+$`)
	domain   = regexp.MustCompile(`(?i)^[a-z0-9-]+(\.[a-z0-9-]+)*\.(com|org|net|io|dev)(/\S*)?$`)
	known    = regexp.MustCompile(`^<[@#!][A-Za-z0-9^|_.-]+>$`)
	mention  = regexp.MustCompile(`^([@#])([a-z0-9._-]*[a-z0-9_-])(.*)$`)
	entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
)

// escape turns what a person types into what Slack hands to apps: people and channels become <@U1> and <#C1|qa>, web
// addresses <https://...>, and the three reserved characters entities. In a command (should_escape) mentions carry
// their name too.
func (d *directory) escape(typed string, command bool) string {
	var b strings.Builder
	for typed != "" {
		i := strings.IndexAny(typed, " \t\n")
		if i == 0 {
			b.WriteByte(typed[0])
			typed = typed[1:]
			continue
		}
		if i < 0 {
			i = len(typed)
		}
		b.WriteString(d.escapeWord(typed[:i], command))
		typed = typed[i:]
	}
	return b.String()
}

func (d *directory) escapeWord(word string, command bool) string {
	switch {
	case linkish.MatchString(word):
		return "<" + entities.Replace(word) + ">"
	case domain.MatchString(word):
		return "<http://" + entities.Replace(word) + "|" + entities.Replace(word) + ">"
	case known.MatchString(word): // scripts may name people by id
		return word
	}
	m := mention.FindStringSubmatch(word)
	if m == nil {
		return entities.Replace(word)
	}
	rest := entities.Replace(m[3])
	if m[1] == "@" {
		if u := d.user(m[2]); u != nil {
			if command {
				return "<@" + u.ID + "|" + u.Name + ">" + rest
			}
			return "<@" + u.ID + ">" + rest
		}
		for _, g := range d.groups {
			if g.Handle == m[2] {
				return "<!subteam^" + g.ID + "|@" + g.Handle + ">" + rest
			}
		}
		if m[2] == "here" || m[2] == "channel" || m[2] == "everyone" {
			return "<!" + m[2] + ">" + rest
		}
	} else if c := d.channel("#" + m[2]); c != nil && c.IM == "" {
		return "<#" + c.ID + "|" + c.Name + ">" + rest
	}
	return entities.Replace(word)
}
