package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// homePage is how many environments are on one page of App Home, which has room for a hundred blocks.
const homePage = 20

// homeScene is everything that the view of somebody's App Home depends on.
type homeScene struct {
	texts  texts
	user   string
	envs   []scene
	apps   bool // there are several, so that each is named
	page   int  // from 0
	notice view // answer to what was done here last; empty: none
	now    time.Time
	still  bool // leaves out when it was, so that two scenes of the same state look alike
	thread func(store.Thread) string
}

// homePart is one heading with what stands below it.
type homePart struct {
	label string
	is    func(s scene) bool
}

func (h homeScene) parts() []homePart {
	phase := func(p ...store.Phase) func(scene) bool {
		return func(s scene) bool { return slices.Contains(p, s.env.Phase(s.now)) }
	}
	return []homePart{
		{homeYours, func(s scene) bool { return s.of(h.user) }},
		{homeFailed, phase(store.Broken)},
		{homeOthers, phase(store.Up, store.Deploying, store.Removing, store.Kept)},
		{homeAsleep, phase(store.Asleep)},
	}
}

// rows gives the environments in the order in which they are shown, each with the index of its part.
func (h homeScene) rows() (rows []scene, of []int) {
	parts := h.parts()
	part := func(s scene) int { return slices.IndexFunc(parts, func(p homePart) bool { return p.is(s) }) }
	rows = slices.DeleteFunc(slices.Clone(h.envs), func(s scene) bool { return part(s) < 0 })
	slices.SortStableFunc(rows, func(a, b scene) int {
		return cmp.Or(part(a)-part(b), strings.Compare(a.env.Spec.App, b.env.Spec.App), strings.Compare(a.env.Spec.Branch, b.env.Spec.Branch))
	})
	for _, s := range rows {
		of = append(of, part(s))
	}
	return rows, of
}

func (h homeScene) view() slack.HomeTabViewRequest {
	t := h.texts
	rows, of := h.rows()
	pages := max((len(rows)+homePage-1)/homePage, 1)
	page := min(h.page, pages-1)
	blocks := []slack.Block{
		slack.NewHeaderBlock(plainText(t.of(homeTitle).Say, 150)),
		slack.NewActionBlock("top", newButton(t), button(numbered(actionHome, 0), strconv.Itoa(page), t.of(labelRefresh).Say)),
		note(h.capacity(rows)),
	}
	if len(h.notice.Blocks) > 0 {
		blocks = append(blocks, slack.NewDividerBlock())
		blocks = append(blocks, h.notice.Blocks[:min(len(h.notice.Blocks), 10)]...)
	}
	if len(rows) == 0 {
		blocks = append(blocks, slack.NewDividerBlock(), t.noteBlock("none", store.Say(answerNoneThere)))
	}
	parts, last := h.parts(), -1
	for i := page * homePage; i < min(len(rows), (page+1)*homePage); i++ {
		if of[i] != last {
			last = of[i]
			count := strconv.Itoa(len(slices.DeleteFunc(slices.Clone(of), func(p int) bool { return p != last })))
			blocks = append(blocks, slack.NewDividerBlock(), richText("part:"+strconv.Itoa(last), row(t.rich(t.of(parts[last].label).Say, count)...)))
		}
		blocks = append(blocks, h.row(rows[i], i))
	}
	if turn := h.turn(page, pages); turn != nil {
		blocks = append(blocks, turn)
	}
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, CallbackID: "qa_home", Blocks: slack.Blocks{BlockSet: blocks}}
}

// capacity says how many there are and when that was so.
func (h homeScene) capacity(rows []scene) string {
	t := h.texts
	count := map[store.Phase]int{}
	for _, s := range rows {
		count[s.env.Phase(s.now)]++
	}
	var parts []string
	for _, p := range []store.Phase{store.Up, store.Deploying, store.Broken, store.Asleep, store.Removing, store.Kept} {
		if n := count[p]; n > 0 {
			_, label := signOf(p)
			parts = append(parts, fmt.Sprintf("%s %d", escape(t.of(label).Say), n))
		}
	}
	if !h.still {
		parts = append(parts, t.flat(t.of(homeUpdated).Say, stamp(h.now)))
	}
	return strings.Join(parts, "  ·  ")
}

// row is one environment: what people want to know at a glance, and a menu.
func (h homeScene) row(s scene, n int) slack.Block {
	spec := s.env.Spec
	icon, label := s.phaseIcon()
	parts := []string{":" + icon + ": " + code(middle(spec.Branch, 100)), code(sha(spec.Commit)), escape(s.word(label))}
	if h.apps {
		parts[0] += " " + escape(spec.App)
	}
	if spec.Owner != "" && !s.of(h.user) && userID.MatchString(spec.Owner) {
		parts = append(parts, "<@"+spec.Owner+">")
	}
	if !spec.ExpiresAt.IsZero() && !spec.Gone(s.now) {
		parts = append(parts, s.texts.flat(s.word(labelExpires), stamp(spec.ExpiresAt)))
	}
	if !s.env.Used.IsZero() && !spec.Gone(s.now) {
		parts = append(parts, s.texts.flat(s.word(labelUsedAt), stamp(s.env.Used)))
	}
	var links []string
	urls := s.reachable()
	for _, u := range urls[:min(len(urls), 4)] {
		links = append(links, mrkdwnLink(u.url, u.label))
	}
	if thread := h.thread(s.env.Thread); thread != "" {
		links = append(links, mrkdwnLink(thread, s.word(homeThread)))
	}
	text := strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "  ·  ")
	if len(links) > 0 {
		text += "\n" + strings.Join(links, "  ·  ")
	}
	// Texts of sections have an end, and a link cut in half is none.
	if len([]rune(text)) > 2900 {
		text = parts[0]
	}
	block := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, true), nil, nil)
	block.BlockID = fmt.Sprintf("row:%d:%s", n, s.value())
	if menu := s.menu(); menu != nil {
		block.Accessory = slack.NewAccessory(menu)
	}
	return block
}

// mrkdwnLink is a link whose label is shown as it is.
func mrkdwnLink(address, label string) string {
	return "<" + strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", "&", "&amp;").Replace(address) + "|" + escape(strings.NewReplacer("|", "¦", "\n", " ").Replace(label)) + ">"
}

// menu is what can be done with an environment as it is now; nil when nothing can.
func (s scene) menu() *slack.OverflowBlockElement {
	var verbs []string
	switch s.env.Phase(s.now) {
	case store.Up:
		verbs = []string{verbRedeploy, verbExtend, verbSleep, verbDown}
	case store.Asleep:
		verbs = []string{verbWake, verbExtend, verbDown}
	case store.Broken:
		verbs = []string{verbRetry, verbExtend, verbDown}
	case store.Deploying:
		verbs = []string{verbExtend, verbDown}
	case store.Kept:
		verbs = []string{verbUndo}
	}
	if s.env.Spec.ExpiresAt.IsZero() {
		verbs = slices.DeleteFunc(verbs, func(v string) bool { return v == verbExtend })
	}
	labels := map[string]string{
		verbRedeploy: homeRedeploy, verbExtend: labelExtend, verbSleep: homeSleep, verbDown: labelDown, verbWake: labelWake, verbRetry: labelRetry, verbUndo: labelUndo,
	}
	var options []*slack.OptionBlockObject
	for _, v := range verbs {
		options = append(options, slack.NewOptionBlockObject(v+"|"+s.value(), plainText(s.word(labels[v]), 75), nil))
	}
	if len(options) == 0 {
		return nil
	}
	return slack.NewOverflowBlockElement(actionMenu, options...)
}

// menuOf reads what was chosen from a menu.
func menuOf(value string) (verb, revised string, ok bool) { return strings.Cut(value, "|") }

// turn leads to the other pages.
func (h homeScene) turn(page, pages int) slack.Block {
	var buttons []slack.BlockElement
	if page > 0 {
		buttons = append(buttons, button(numbered(actionHome, 1), strconv.Itoa(page-1), h.texts.of(labelPrevious).Say))
	}
	if page < pages-1 {
		buttons = append(buttons, button(numbered(actionHome, 2), strconv.Itoa(page+1), h.texts.of(labelNext).Say))
	}
	if len(buttons) == 0 {
		return nil
	}
	return slack.NewActionBlock("turn", buttons...)
}
