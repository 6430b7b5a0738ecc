package bot

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// listing says which environments are listed: whose, of which app, and which page of them.
type listing struct {
	Mine bool
	App  string
	Page int // from 0
}

// listPage is how many environments fit on one page of a list.
const listPage = 20

func (l listing) value() string {
	whose := "all"
	if l.Mine {
		whose = "mine"
	}
	return strings.Join([]string{whose, l.App, strconv.Itoa(l.Page)}, "|")
}

// listingOf reads a button's value again; what cannot be read is the first page of all.
func listingOf(value string) listing {
	parts := strings.SplitN(value, "|", 3)
	if len(parts) != 3 {
		return listing{}
	}
	page, err := strconv.Atoi(parts[2])
	if err != nil || page < 0 {
		page = 0
	}
	return listing{Mine: parts[0] == "mine", App: parts[1], Page: page}
}

// of leaves the environments that are to be listed, those first that need somebody.
func (l listing) of(scenes []scene, user string) []scene {
	scenes = slices.DeleteFunc(slices.Clone(scenes), func(s scene) bool {
		return l.App != "" && s.env.Spec.App != l.App || l.Mine && !s.of(user)
	})
	rank := func(s scene) int {
		if s.env.Phase(s.now) == store.Broken {
			return 0
		}
		return 1
	}
	slices.SortFunc(scenes, func(a, b scene) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(a.env.Spec.App, b.env.Spec.App), strings.Compare(a.env.Spec.Branch, b.env.Spec.Branch))
	})
	return scenes
}

// of tells whether the environment is that person's: who has it, or asked for it last.
func (s scene) of(user string) bool {
	spec := s.env.Spec
	return user != "" && (spec.Owner == user || spec.Owner == "" && spec.Asked.By == user)
}

// list shows environments that are not gone, a page at a time.
func list(t texts, scenes []scene, l listing, user string, permalink func(store.Thread) string) view {
	scenes = l.of(scenes, user)
	if len(scenes) == 0 {
		none := answerNoneThere
		if l.Mine {
			none = answerNoneMine
		}
		return answer(t, store.Say(none)).add(l.buttons(t, 0))
	}
	pages := (len(scenes) + listPage - 1) / listPage
	l.Page = min(l.Page, pages-1)
	heading := labelLists
	if l.Mine {
		heading = labelListsMine
	}
	total := strconv.Itoa(len(scenes))
	head := t.rich(t.of(heading).Say, total)
	if pages > 1 {
		head = append(head, t.rich("  "+t.of(labelPage).Say, strconv.Itoa(l.Page+1), strconv.Itoa(pages))...)
	}
	rows := []slack.RichTextElement{row(head...)}
	for _, s := range scenes[l.Page*listPage : min(len(scenes), (l.Page+1)*listPage)] {
		rows = append(rows, row(s.line(permalink(s.env.Thread))...))
	}
	return view{Text: t.flat(t.of(heading).Say, total), Blocks: []slack.Block{richText("list", rows...), l.buttons(t, pages)}}
}

// used says how long ago people used it last; nil where nobody knows, and where nothing is left to use.
func (s scene) used() []element {
	since := s.now.Sub(s.env.Used)
	switch {
	case s.env.Used.IsZero() || s.env.Spec.Gone(s.now):
		return nil
	case since < store.Quiet:
		return s.texts.rich(s.word(labelInUse))
	}
	return s.texts.rich(s.word(labelUsed), since.String())
}

// buttons turn the pages, and show those of everybody or one's own.
func (l listing) buttons(t texts, pages int) slack.Block {
	turn := func(n int, to listing, label string) slack.BlockElement {
		return button(numbered(actionList, n), to.value(), t.of(label).Say)
	}
	var buttons []slack.BlockElement
	if l.Page > 0 {
		buttons = append(buttons, turn(0, listing{l.Mine, l.App, l.Page - 1}, labelPrevious))
	}
	if l.Page < pages-1 {
		buttons = append(buttons, turn(1, listing{l.Mine, l.App, l.Page + 1}, labelNext))
	}
	if l.Mine {
		buttons = append(buttons, turn(2, listing{App: l.App}, labelEverybodys))
	} else {
		buttons = append(buttons, turn(2, listing{Mine: true, App: l.App}, labelMine))
	}
	buttons = append(buttons, turn(3, l, labelRefresh), newButton(t))
	return slack.NewActionBlock("list:"+l.value(), buttons...)
}

// line is one environment in the list.
func (s scene) line(permalink string) []element {
	spec := s.env.Spec
	icon, label := s.phaseIcon()
	parts := []element{emoji(icon), words(" ")}
	if permalink == "" {
		parts = append(parts, strong(short(spec.Branch, 80)))
	} else {
		parts = append(parts, link(permalink, short(spec.Branch, 80)))
	}
	parts = append(parts, words("  "), codeWord(cmp.Or(sha(spec.Commit), "?")), words("  "+s.word(label)))
	if spec.Owner != "" {
		parts = append(parts, words("  ·  "), person(spec.Owner))
	}
	if at := spec.Asked.At; !s.env.Made.IsZero() || !at.IsZero() {
		made := s.env.Made
		if made.IsZero() {
			made = at
		}
		parts = append(append(parts, words("  ·  ")), s.texts.rich(s.word(labelAge), s.now.Sub(made).String())...)
	}
	if used := s.used(); used != nil {
		parts = append(append(parts, words("  ·  ")), used...)
	}
	if !spec.ExpiresAt.IsZero() && !spec.Gone(s.now) {
		parts = append(append(parts, words("  ·  ")), s.texts.rich(s.word(labelExpires), stamp(spec.ExpiresAt))...)
	}
	if s.env.Phase(s.now) == store.Kept {
		parts = append(append(parts, words("  ·  ")), s.texts.rich(s.word(labelKeptTill), stamp(spec.KeepDataUntil))...)
	}
	urls := s.reachable()
	for _, u := range urls[:min(len(urls), 2)] {
		parts = append(parts, words("  "), link(u.url, u.label))
	}
	return parts
}
