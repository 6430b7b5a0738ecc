package bot

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// scene is everything that the view of an environment depends on.
type scene struct {
	texts   texts
	app     App
	env     store.Environment
	now     time.Time
	web     string        // where people look at branches
	usual   time.Duration // that a deployment of the app takes; zero: not known
	private []string      // apps that not everybody may look at
	still   bool          // leaves growing times out, so that two scenes of the same state look alike
}

func newScene(t texts, app App, e store.Environment, now time.Time, web string) scene {
	return scene{texts: t.with("branch", short(e.Spec.Branch, maxBranch)), app: app, env: e, now: now, web: web}
}

// parent is the message that is edited in place for as long as the story goes.
func (s scene) parent() view {
	switch s.env.Phase(s.now) {
	case store.Up:
		return s.up()
	case store.Asleep:
		return s.asleep()
	case store.Broken:
		return s.broken()
	case store.Removing:
		return s.removing()
	case store.Kept:
		return s.kept()
	case store.Removed:
		return s.removed()
	}
	return s.deploying()
}

func (s scene) deploying() view {
	lines := checklist(s.texts, s.app, s.env, false)
	done, all := progress(lines, false)
	icon, label := "hourglass_flowing_sand", labelDeploying
	switch {
	case s.queued():
		icon, label = "double_vertical_bar", labelQueued
	case s.env.Spec.Asleep:
		label = labelDozing
	case s.env.Spec.Asked.Verb == verbCancel:
		label = labelCancelling
	}
	head := []slack.RichTextElement{row(s.headParts(icon, label)...)}
	if before := s.env.Status.Serving; before != "" && before != s.env.Spec.Commit {
		head = append(head, row(s.serving()...))
	}
	return view{
		Text: fmt.Sprintf("⏳ %s: %s (%d/%d)", code(s.branch()), s.word(label), done, all),
		Blocks: s.blocks(
			richText("head", head...), s.stages(lines, false), s.room(), s.footnote(true), s.actions(append(s.makeRoom(), s.stops()...)...),
		),
	}
}

func (s scene) up() view {
	lines := checklist(s.texts, s.app, s.env, false)
	head := s.headParts("white_check_mark", labelUp)
	if took := s.took(lines); took > 0 {
		head = append(append(head, words("  ·  ")), s.texts.rich(s.word(labelTook), took.String())...)
	}
	var addresses []slack.RichTextElement
	var buttons []slack.BlockElement
	for i, u := range s.urls() {
		addresses = append(addresses, row(strong(u.label), words("  "), link(u.url, u.url)))
		buttons = append(buttons, s.openButton(i, u))
	}
	buttons = append(buttons, s.logsButton(0, "", s.word(labelLogsShow)), s.downButton())
	text := fmt.Sprintf("✅ %s: %s", code(s.branch()), s.word(labelUp))
	if len(addresses) == 0 {
		addresses = append(addresses, row(words(s.word(labelNoneServes))))
	}
	addresses = append(addresses, s.proofRows(s.proofsNow(), false)...)
	return view{Text: text, Blocks: s.blocks(
		richText("head", row(head...)), richText("addresses", addresses...), s.footnote(false), s.actions(buttons...),
	)}
}

func (s scene) asleep() view {
	return view{Text: fmt.Sprintf("💤 %s: %s", code(s.branch()), s.word(labelAsleep)), Blocks: s.blocks(
		s.head("zzz", labelAsleep), s.wakes(), s.footnote(false),
		s.actions(button(actionWake, s.value(), s.word(labelWake)).WithStyle(slack.StylePrimary), s.downButton()),
	)}
}

func (s scene) broken() view {
	lines := checklist(s.texts, s.app, s.env, false)
	cause := s.causeRows(lines)
	cause = append(cause, row(s.serving()...))
	buttons := []slack.BlockElement{s.retryButton()}
	if l := firstFailed(lines); l != nil && webLink(l.URL) {
		buttons = append(buttons, button(actionLog, s.value(), s.word(labelLog)).WithURL(l.URL))
	}
	return view{
		Text: fmt.Sprintf("❌ %s: %s", code(s.branch()), s.word(labelFailed)),
		Blocks: s.blocks(
			s.head("x", labelFailed), s.stages(lines, true), richText("cause", cause...), s.footnote(false),
			s.actions(append(buttons, s.downButton())...),
		),
	}
}

func (s scene) removing() view {
	lines := checklist(s.texts, s.app, s.env, true)
	done, all := progress(lines, true)
	cause := s.causeRows(lines)
	blocks := []slack.Block{s.head("broom", labelRemoving), s.stages(lines, false)}
	if len(cause) > 0 {
		blocks = append(blocks, richText("cause", cause...), s.actions(s.retryButton()))
	}
	return view{
		Text:   fmt.Sprintf("🧹 %s: %s (%d/%d)", code(s.branch()), s.word(labelRemoving), done, all),
		Blocks: s.blocks(blocks...),
	}
}

func (s scene) removed() view {
	lines := checklist(s.texts, s.app, s.env, true)
	var things []string
	for _, l := range slices.Backward(lines) {
		if thing := s.texts.flatLabel("thing.", l.kind); !slices.Contains(things, thing) && l.kind.Sort() != "image" && l.kind.Sort() != "migration" {
			things = append(things, thing)
		}
	}
	head := s.headParts("broom", labelRemoved)
	if took := s.took(lines); took > 0 {
		head = append(append(head, words("  ·  ")), s.texts.rich(s.word(labelTook), took.String())...)
	}
	blocks := []slack.Block{richText("head", row(head...))}
	if len(things) > 0 {
		blocks = append(blocks, richText("gone", row(s.texts.rich(s.word(labelTakenAway), s.texts.listed(things))...)))
	}
	if s.env.Spec.Asked.Verb != verbDeleted {
		blocks = append(blocks, s.actions(button(actionUp, s.value(), s.word(labelUpAgain))))
	}
	return view{
		Text:   fmt.Sprintf("🧹 %s: %s", code(s.branch()), s.word(labelRemoved)),
		Blocks: s.blocks(blocks...),
	}
}

// movedOn takes the place of an old parent when the story goes on in a newer message.
func (s scene) movedOn(permalink string) view {
	p := []element{emoji("arrow_right"), words(" "), strong(s.branch()), words(": ")}
	if permalink == "" {
		p = append(p, words(s.word(labelGoesOn)))
	} else {
		p = append(p, link(permalink, s.word(labelGoesOn)))
	}
	return view{Text: "➡️ " + code(s.branch()) + ": " + s.word(labelGoesOn), Blocks: []slack.Block{richText("head", row(p...))}}
}

func (s scene) word(label string) string { return s.texts.of(label).Say }

// blocks drops what has nothing to show.
func (s scene) blocks(all ...slack.Block) []slack.Block {
	return slices.DeleteFunc(all, func(b slack.Block) bool { return b == nil })
}

func (s scene) head(icon, label string) slack.Block {
	return richText("head", row(s.headParts(icon, label)...))
}

// headParts begin every parent: what goes on, of which branch and commit, and who asked for it.
func (s scene) headParts(icon, label string) []element {
	spec := s.env.Spec
	parts := []element{
		emoji(icon), words(" "), strong(s.word(label)), words("  "),
		link(s.web+"/"+spec.Repo+"/tree/"+escapePath(spec.Branch), s.branch()), words("  "),
	}
	if spec.Commit != "" {
		parts = append(parts, codeWord(sha(spec.Commit)))
	}
	return append(parts, s.requester()...)
}

func (s scene) requester() []element {
	spec := s.env.Spec
	dot := words("  ·  ")
	switch {
	case !spec.Released && spec.Gone(s.now):
		return []element{dot, words(s.word(labelExpired))}
	case spec.Asked.Verb == verbDeleted && spec.Asked.Name != "":
		return append([]element{dot}, s.texts.rich(s.word(labelDeletedBy), short(spec.Asked.Name, 60))...)
	case spec.Asked.Verb == verbDeleted:
		return []element{dot, words(s.word(labelBranchGone))}
	case spec.Asked.Pull != 0:
		return append([]element{dot}, s.pullRequest(spec.Asked)...)
	case spec.Asked.By != "":
		return append([]element{dot}, s.texts.mixed(s.word(labelAskedBy), person(spec.Asked.By))...)
	case spec.Asked.Name != "":
		return append([]element{dot}, s.texts.rich(s.word(labelPushedBy), short(spec.Asked.Name, 60))...)
	}
	return nil
}

// stages is the checklist.
func (s scene) stages(lines []stage, failed bool) slack.Block {
	if len(lines) == 0 {
		return nil
	}
	gone := s.env.Spec.Gone(s.now)
	var rows []slack.RichTextElement
	for _, l := range lines[:min(len(lines), 20)] {
		parts := []element{emoji(l.emoji(gone, failed)), words(" " + short(l.label, 60))}
		switch {
		case failed && (l.State == store.Absent || l.State == store.Unknown):
			parts = append(parts, words("  "+s.word(labelSkipped)))
		case l.State != store.Failed && l.State != store.Absent && l.Detail.Code != "":
			parts = append(append(parts, words("  ")), s.texts.detail(l.Detail)...)
		}
		if d := l.elapsed(s.now); d >= time.Second && !(s.still && l.running()) {
			parts = append(parts, words("  "), codeWord(s.texts.span(d)))
		}
		rows = append(rows, row(parts...))
	}
	return richText("stages", rows...)
}

// footnote says since when and until when; the reader's client keeps the times true.
func (s scene) footnote(began bool) slack.Block {
	var parts []string
	if at := s.env.Spec.Asked.At; began && !at.IsZero() {
		parts = append(parts, s.texts.flat(s.word(labelSince), stamp(at)))
	}
	if began && s.usual > 0 {
		parts = append(parts, s.texts.flat(s.word(labelUsually), s.texts.about(s.usual)))
	}
	if end := s.env.Spec.ExpiresAt; !end.IsZero() {
		parts = append(parts, s.texts.flat(s.word(labelExpires), stamp(end)))
	} else {
		parts = append(parts, escape(s.word(labelNever)))
	}
	return note(strings.Join(parts, "  ·  "))
}

// serving says what people get at the URLs although the newest commit is not there yet, or failed.
func (s scene) serving() []element {
	if commit := s.env.Status.Serving; commit != "" {
		return s.texts.rich(s.word(labelServing), sha(commit))
	}
	// The services differ: say who runs what, in the order of the stages.
	var commits []string
	roles := map[string][]string{}
	for _, k := range kindsOf(s.app, s.env) {
		commit := s.env.Status.Seen[k].Commit
		if k.Sort() != "service" || commit == "" {
			continue
		}
		if roles[commit] == nil {
			commits = append(commits, commit)
		}
		roles[commit] = append(roles[commit], k.Role())
	}
	if len(commits) == 0 {
		return s.texts.rich(s.word(labelNoneServes))
	}
	var parts []element
	for _, commit := range commits {
		if len(parts) > 0 {
			parts = append(parts, words(s.texts.gap))
		}
		parts = append(parts, s.texts.rich(s.word(labelRuns), s.texts.listed(roles[commit]), sha(commit))...)
	}
	return parts
}

// took is the time from the wish to the last thing that was done for it.
func (s scene) took(lines []stage) time.Duration {
	var last time.Time
	for _, l := range lines {
		if l.Ended.After(last) {
			last = l.Ended
		}
	}
	if last.IsZero() || s.env.Spec.Asked.At.IsZero() {
		return 0
	}
	if took := last.Sub(s.env.Spec.Asked.At); took < 2*time.Hour {
		return took
	}
	return 0 // something was repaired long after
}

type address struct{ label, url string }

// urls are what people open, one for each role.
func (s scene) urls() []address {
	var out []address
	for _, k := range kindsOf(s.app, s.env) {
		o := s.env.Status.Seen[k]
		if o.State == store.Failed || !webLink(o.URL) || slices.ContainsFunc(out, func(a address) bool { return a.url == o.URL }) {
			continue
		}
		out = append(out, address{cmp.Or(k.Role(), s.app.Name), o.URL})
	}
	return out[:min(len(out), 8)]
}

// reachable are the addresses behind which something answers.
func (s scene) reachable() []address {
	if phase := s.env.Phase(s.now); phase != store.Up && (phase == store.Asleep || s.env.Status.Serving == "") {
		return nil
	}
	return s.urls()
}

// value makes a button good for one state of the wish: once somebody wishes anew, it is stale.
func (s scene) value() string { return revision(s.env.ID, s.env.Spec.Version) }

func revision(id store.ID, version int64) string { return fmt.Sprintf("%s:%d", id, version) }

func (s scene) actions(buttons ...slack.BlockElement) slack.Block {
	return slack.NewActionBlock("act:"+s.value(), buttons...)
}

func (s scene) retryButton() slack.BlockElement {
	return button(actionRetry, s.value(), s.word(labelRetry)).WithStyle(slack.StylePrimary)
}

func (s scene) openButton(i int, a address) slack.BlockElement {
	label := s.texts.plain(s.word(labelOpen), a.label)
	b := button(numbered(actionOpen, i), s.value(), label).WithURL(a.url)
	if i == 0 {
		return b.WithStyle(slack.StylePrimary)
	}
	return b
}

func (s scene) downButton() slack.BlockElement {
	what := s.word(labelSureText)
	if s.app.Grace > 0 {
		what = s.texts.plain(s.word(labelSureKept), s.app.Grace.String())
	}
	sure := slack.NewConfirmationBlockObject(plainText(s.word(labelSure), 100), plainText(what, 300),
		plainText(s.word(labelDown), 30), plainText(s.word(labelKeep), 30)).WithStyle(slack.StyleDanger)
	return button(actionDown, s.value(), s.word(labelDown)).WithStyle(slack.StyleDanger).WithConfirm(sure)
}

func firstFailed(lines []stage) *stage {
	for i := range lines {
		if lines[i].State == store.Failed {
			return &lines[i]
		}
	}
	return nil
}

// webLink tells whether an address may go into a link or a button.
func webLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(s) <= 3000
}

func escapePath(branch string) string {
	parts := strings.Split(branch, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// branch is its name as far as people read it.
func (s scene) branch() string { return short(s.env.Spec.Branch, 120) }
