package bot

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// nearest gives at most n of names that somebody who typed word may have meant, best first. A name is near when it is at
// most two typing mistakes away, or one of the two begins with or holds the other.
func nearest(word string, names []string, n int) []string {
	type candidate struct {
		name string
		rank int
		far  int
	}
	typed := strings.ToLower(word)
	var near []candidate
	for _, name := range names {
		low := strings.ToLower(name)
		far := distance(typed, low)
		switch {
		case typed == low:
			near = append(near, candidate{name, 0, far})
		case far <= 1:
			near = append(near, candidate{name, 1, far})
		case far == 2 && utf8.RuneCountInString(typed) > 3:
			near = append(near, candidate{name, 2, far})
		case len(typed) > 1 && strings.HasPrefix(low, typed):
			near = append(near, candidate{name, 3, far})
		case len(typed) > 1 && strings.HasSuffix(low, "/"+typed), len(low) > 2 && strings.HasSuffix(typed, "/"+low):
			near = append(near, candidate{name, 3, far})
		case len(typed) > 2 && strings.Contains(low, typed), len(low) > 3 && strings.Contains(typed, low):
			near = append(near, candidate{name, 4, far})
		}
	}
	slices.SortFunc(near, func(a, b candidate) int {
		return cmp.Or(a.rank-b.rank, a.far-b.far, strings.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range near[:min(n, len(near))] {
		out = append(out, c.name)
	}
	return out
}

// distance counts the typing mistakes between two words: a character added, left out, replaced, or two neighbours
// exchanged (Damerau-Levenshtein with each part changed once). It stops counting at 3.
func distance(a, b string) int {
	const most = 3
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) >= most || len(y)-len(x) >= most {
		return most
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], most)
}
