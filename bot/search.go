package bot

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// match is a branch that somebody who searches may mean, with its pull request where there is one.
type match struct {
	Branch string // empty: only the number of a pull request is known
	Pull   pull   // Number 0: none
	Typed  bool   // nothing of that name is known; it is as it was typed
}

// search lists what somebody who typed that may mean, best first: every word of it is part of the branch's name or of its
// pull request's number, title or author. Nothing typed lists the open pull requests, newest first, then the branches.
func (l refList) search(typed string, apps []App, most int) []match {
	all := l.matches()
	typed = plain(strings.TrimSpace(typed))
	t, wrong := targetOf(typed, apps)
	if typed == "" {
		return all[:min(len(all), most)]
	}
	needle := strings.Fields(strings.ToLower(typed))
	if wrong == nil && t.Pull > 0 {
		needle = []string{"#" + strconv.Itoa(t.Pull)}
	} else if wrong == nil && strings.Contains(typed, "://") {
		if t.Path {
			t.Branch = cmp.Or(within(t.Branch, l.branches), t.Branch)
		}
		needle = []string{strings.ToLower(t.Branch)}
	}
	type ranked struct {
		match
		rank int
	}
	var found []ranked
	exact := false
	for _, m := range all {
		if rank, ok := m.rank(needle); ok {
			found = append(found, ranked{m, rank})
			exact = exact || wrong == nil && (t.Branch != "" && m.Branch == t.Branch || t.Pull > 0 && m.Pull.Number == t.Pull)
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return a.rank - b.rank }) // all is in order already
	var out []match
	for _, f := range found[:min(len(found), most)] {
		out = append(out, f.match)
	}
	if wrong == nil && !exact && len(out) < most {
		out = append(out, match{Branch: t.Branch, Pull: pull{Number: t.Pull}, Typed: true})
	}
	return out
}

// anyKnown tells whether a search found anything but the words themselves.
func anyKnown(found []match) bool {
	return slices.ContainsFunc(found, func(m match) bool { return !m.Typed })
}

// matches lists everything there is: open pull requests, newest first, then branches without one.
func (l refList) matches() []match {
	var out []match
	taken := map[string]bool{}
	for _, p := range l.pulls {
		if p.Fork {
			out = append(out, match{Pull: p})
			continue
		}
		if !taken[p.Branch] {
			out = append(out, match{Branch: p.Branch, Pull: p})
			taken[p.Branch] = true
		}
	}
	for _, b := range l.branches {
		if !taken[b] {
			out = append(out, match{Branch: b})
		}
	}
	return out
}

// rank tells how well the words fit, the best being 0; ok is false when one of them does not.
func (m match) rank(words []string) (rank int, ok bool) {
	for _, w := range words {
		r, fits := m.fits(w)
		if !fits {
			return 0, false
		}
		rank += r
	}
	return rank, true
}

func (m match) fits(word string) (rank int, ok bool) {
	branch := strings.ToLower(cmp.Or(m.Branch, m.Pull.Branch))
	number := "#" + strconv.Itoa(m.Pull.Number)
	switch {
	case branch == word, m.Pull.Number > 0 && (number == word || number[1:] == word):
		return 0, true
	case strings.HasPrefix(branch, word):
		return 1, true
	case m.Pull.Number > 0 && (strings.HasPrefix(number, word) || strings.HasPrefix(number[1:], word)):
		return 2, true
	case begins(branch, word):
		return 2, true
	case strings.Contains(branch, word):
		return 3, true
	case m.Pull.Number == 0:
		return 0, false
	case begins(strings.ToLower(m.Pull.Title), word):
		return 4, true
	case strings.Contains(strings.ToLower(m.Pull.Title), word):
		return 5, true
	case strings.HasPrefix(strings.ToLower(m.Pull.Author), strings.TrimPrefix(word, "@")):
		return 5, true
	}
	return 0, false
}

// begins tells whether a part of the text begins with the word.
func begins(text, word string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("/-_. ", r) }), func(part string) bool {
		return strings.HasPrefix(part, word)
	})
}
