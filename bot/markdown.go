package bot

import (
	"html"
	"net/url"
	"strings"
)

// What other people wrote stands in code spans and fenced blocks only: there GitHub formats nothing, mentions nobody and
// links to no other pull request.

// mdCode makes a code span of one line.
func mdCode(s string) string {
	s = strings.Map(printable, strings.Join(strings.Fields(s), " "))
	if strings.TrimSpace(s) == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " " // taken away again when it is shown
	}
	return fence + s + fence
}

// mdFence makes a block of lines that are shown as they are. A fence ends only at one as long as itself.
func mdFence(language, text string) string {
	fence := strings.Repeat("`", max(longestRun(text, '`')+1, 3))
	return fence + language + "\n" + text + "\n" + fence
}

// mdText takes the meaning from everything that Markdown and GitHub would read: a space of no width behind @ and #, since
// GitHub looks for mentions after the backslashes are gone.
func mdText(s string) string {
	var b strings.Builder
	for _, r := range strings.Map(printable, s) {
		if strings.ContainsRune("\\`*_{}[]<>|~&#@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if r == '@' || r == '#' {
			b.WriteRune('\u200b')
		}
	}
	return b.String()
}

// mdLink makes a link out of a label that is Markdown already; without an address the label is all.
func mdLink(label, address string) string {
	if !webLink(address) {
		return label
	}
	return "[" + label + "](<" + mdAddress(address) + ">)"
}

// mdBare shows an address as it is, as a link.
func mdBare(address string) string { return "<" + mdAddress(address) + ">" }

// mdAddress writes an address so that nothing in it ends the link.
func mdAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", "`", "%60", " ", "%20").Replace(u.String())
}

// mdDetails makes a part that is folded away. The summary is HTML, where nothing is code: it takes our own words only.
func mdDetails(summary, body string) string {
	return "<details><summary>" + html.EscapeString(summary) + "</summary>\n\n" + body + "\n\n</details>"
}

// mdLines makes lines of a log fit to be shown: the last of them, without colours.
func mdLines(lines []string, most int) string {
	const wide = 200
	var out []string
	for _, l := range lines[max(0, len(lines)-most):] {
		out = append(out, short(strings.Map(printable, terminalCode.ReplaceAllString(l, "")), wide))
	}
	return strings.Join(out, "\n")
}

func longestRun(s string, of rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r == of {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// markdown renders a template for GitHub.
func (t texts) markdown(template string, args ...string) string {
	var b strings.Builder
	for _, p := range t.pieces(template, anys(args)) {
		switch {
		case !p.at.IsZero():
			b.WriteString(mdText(utc(p.at)))
		case p.code || p.foreign:
			b.WriteString(mdCode(p.text))
		case p.bold:
			b.WriteString("**" + mdText(p.text) + "**")
		default:
			b.WriteString(mdText(p.text))
		}
	}
	return b.String()
}
