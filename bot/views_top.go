package bot

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/slack-go/slack"

	"qabot/store"
)

// topShown is how many environments are shown: those that use most.
const topShown = 20

// top shows how the database's server is used, and by whom most.
func top(t texts, scenes map[store.ID]scene, found store.Top) view {
	args := []string{strconv.Itoa(found.Used), strconv.Itoa(found.Server), strconv.Itoa(found.Others)}
	rows := []slack.RichTextElement{row(t.rich(t.of(labelTop).Say, args...)...)}
	shares := t.rich(t.of(labelTopShare).Say, strconv.Itoa(found.Ours), strconv.Itoa(found.Free))
	if found.Waiting > 0 {
		shares = append(append(shares, words(t.gap)), t.rich(t.of(labelTopWaiting).Say, strconv.Itoa(found.Waiting))...)
	}
	rows = append(rows, row(shares...))
	slices.SortFunc(found.Environments, func(a, b store.Use) int {
		return cmp.Or(b.Connections-a.Connections, cmp.Compare(b.Longest, a.Longest), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.ID, b.ID))
	})
	for _, u := range found.Environments[:min(len(found.Environments), topShown)] {
		s, ok := scenes[u.ID]
		if !ok {
			continue
		}
		rows = append(rows, row(s.use(u)...))
		for _, g := range u.Guests[:min(len(u.Guests), 3)] {
			guest := append([]element{words("    "), emoji("warning"), words(" ")}, t.rich(t.of(labelTopGuest).Say, short(g.Account, 80), g.Open.String())...)
			rows = append(rows, row(guest...))
		}
	}
	if found.Blind {
		rows = append(rows, row(append([]element{emoji("see_no_evil"), words(" ")}, t.full(store.Say(labelTopBlind))...)...))
	}
	return view{Text: t.flat(t.of(labelTop).Say, args...), Blocks: []slack.Block{richText("top", rows...)}}
}

// use is one environment's line.
func (s scene) use(u store.Use) []element {
	connections := s.texts.rich(s.word(labelTopUse), strconv.Itoa(u.Connections), strconv.Itoa(u.Promised))
	if u.Promised == 0 {
		connections = s.texts.rich(s.word(labelTopUseOnly), strconv.Itoa(u.Connections))
	}
	parts := append([]element{strong(short(s.env.Spec.Branch, 80)), words("  ")}, connections...)
	add := func(more ...element) { parts = append(append(parts, words("  ·  ")), more...) }
	if u.Bytes > 0 {
		add(words(sizeOf(u.Bytes)))
	}
	if u.Longest > 0 {
		add(s.texts.rich(s.word(labelTopLongest), u.Longest.String())...)
	}
	if u.Waits > 0 {
		add(s.texts.rich(s.word(labelTopWaits), strconv.Itoa(u.Waits))...)
	}
	if owner := s.env.Spec.Owner; owner != "" {
		add(person(owner))
	}
	return parts
}
