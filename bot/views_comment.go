package bot

import (
	"slices"
	"strconv"
	"strings"

	"qabot/store"
)

// Most lines of a log, and most changes of a structure, that a comment shows.
const (
	commentLines   = 12
	commentChanges = 30
)

// commentMark is the first line of an environment's comments, by which they are found again. It is not shown.
func commentMark(id store.ID) string { return "<!-- qabot:" + string(id) + " -->" }

// comment is what stands on the branch's pull requests. It shows no time that grows, so it changes only when something did.
func (s scene) comment(events []store.Event, thread string) string {
	phase := s.env.Phase(s.now)
	if phase == store.Up && s.standing(phase) != ghSuccess && doubtful(s.proofsNow()) == "" {
		phase = store.Deploying // it was not asked yet
	}
	parts := []string{commentMark(s.env.ID), s.commentHead(phase)}
	switch phase {
	case store.Up:
		parts = append(parts, s.commentAddresses(), s.commentProofs(), s.commentTimes(events), s.commentMigration(events))
	case store.Deploying:
		if s.env.Status.Serving != "" {
			parts = append(parts, s.texts.markdown(s.word(labelServing), sha(s.env.Status.Serving)), s.commentAddresses())
		}
		parts = append(parts, s.commentMigration(events))
	case store.Broken:
		parts = append(parts, s.commentFailure(events))
	case store.Asleep:
		parts = append(parts, s.commentEnd())
	case store.Kept:
		parts = append(parts, s.texts.markdown(s.word(labelKeptTill), stamp(s.env.Spec.KeepDataUntil)))
	case store.Removed:
		parts = append(parts, s.texts.markdown(s.word(reportNothing)))
	}
	parts = append(parts, s.commentFoot(phase, thread))
	return join("\n\n", parts...) + "\n"
}

// commentHead says in one line what goes on, of which branch and commit.
func (s scene) commentHead(phase store.Phase) string {
	signs := map[store.Phase]string{
		store.Deploying: "⏳ " + s.word(labelDeploying), store.Up: "✅ " + s.word(labelUp), store.Asleep: "💤 " + s.word(labelAsleep),
		store.Broken: "❌ " + s.word(labelFailed), store.Removing: "🧹 " + s.word(labelRemoving), store.Removed: "🧹 " + s.word(labelRemoved),
		store.Kept: "🗑️ " + s.word(labelKept),
	}
	if phase == store.Up && doubtful(s.proofsNow()) != "" {
		signs[phase] = "⚠️ " + s.word(labelUp)
	}
	spec := s.env.Spec
	head := "### " + mdText(signs[phase]) + ": " + mdCode(s.branch())
	if spec.Commit != "" {
		head += " " + mdLink(mdCode(sha(spec.Commit)), s.web+"/"+spec.Repo+"/commit/"+spec.Commit)
	}
	switch {
	case !spec.Released && spec.Gone(s.now):
		head += " · " + mdText(s.word(labelExpired))
	case spec.Asked.Verb == verbDeleted:
		head += " · " + mdText(s.word(labelBranchGone))
	}
	return head
}

// commentAddresses are the URLs, one for each role.
func (s scene) commentAddresses() string {
	var lines []string
	for _, a := range s.urls() {
		lines = append(lines, "- **"+mdText(a.label)+"** "+mdBare(a.url))
	}
	return strings.Join(lines, "\n")
}

// commentProofs says which roles proved the commit, and what each of the others answered.
func (s scene) commentProofs() string {
	var proven, doubts []string
	commit, proofs := "", s.proofsNow()
	for _, k := range kindsOf(s.app, s.env) {
		switch p, asked := proofs[k]; {
		case !asked || p.Code == store.ProofAsking:
		case p.Code == store.ProofGiven && len(p.Args) > 0:
			proven, commit = append(proven, k.Role()), p.Args[0]
		default:
			args := proofArgs(k.Role(), p)
			doubts = append(doubts, "- "+s.texts.markdown(s.texts.whole(s.texts.of(p.Code), args), args...))
		}
	}
	said := ""
	if len(proven) > 0 {
		said = s.texts.markdown(s.word(labelProven), strings.Join(proven, ", "), sha(commit))
	}
	return join("\n\n", said, strings.Join(doubts, "\n"))
}

// commentTimes says how long it took and when it ends.
func (s scene) commentTimes(events []store.Event) string {
	took := ""
	if e, ok := newest(events, store.EventReady, s.env.Spec.Generation); ok && e.Took > 0 {
		took = s.texts.markdown(s.word(labelTook), e.Took.String())
	}
	return join(" · ", s.commentEnd(), took)
}

func (s scene) commentEnd() string {
	if end := s.env.Spec.ExpiresAt; !end.IsZero() {
		return s.texts.markdown(s.word(labelExpires), stamp(end))
	}
	return mdText(s.word(labelNever))
}

// commentMigration tells what the wanted commit's migration did to the structure.
func (s scene) commentMigration(events []store.Event) string {
	for _, e := range slices.Backward(events) {
		if e.Code != store.EventMigrated || e.Commit != s.env.Spec.Commit {
			continue
		}
		said := s.texts.markdown(s.word(store.EventMigrated), sha(e.Commit), e.Took.String())
		if slices.Contains(e.Detail.Args, "seeded") {
			said = s.texts.sentences(said, s.texts.markdown(s.word("migrated.seeded")))
		}
		if len(e.Changes) == 0 {
			return s.texts.sentences(said, s.texts.markdown(s.word("migrated.nothing")))
		}
		lines := s.texts.changeLines(e.Changes)
		if more := len(lines) - commentChanges; more > 0 {
			lines = append(lines[:commentChanges], s.texts.plain(s.word(labelMore), strconv.Itoa(more)))
		}
		summary := s.texts.plain(s.word(reportChanges), strconv.Itoa(len(e.Changes)))
		return said + "\n\n" + mdDetails(summary, mdFence("diff", mdLines(lines, commentChanges+1)))
	}
	return ""
}

// commentFailure says what failed and why, what is served meanwhile, and how the log ended.
func (s scene) commentFailure(events []store.Event) string {
	var parts []string
	causes := s.causes(checklist(s.texts, s.app, s.env, false), store.Failed)
	for _, c := range causes[:min(len(causes), 3)] {
		args := shorts(c.detail.Args, 300)
		parts = append(parts, "**"+mdText(s.texts.listed(c.labels))+"**: "+s.texts.markdown(s.texts.whole(s.texts.of(c.detail.Code), args), args...))
	}
	if commit := s.env.Status.Serving; commit != "" {
		parts = append(parts, s.texts.markdown(s.word(labelServing), sha(commit)), s.commentAddresses())
	} else {
		parts = append(parts, s.texts.markdown(s.word(labelNoneServes)))
	}
	e, ok := newest(events, store.EventFailed, s.env.Spec.Generation)
	if !ok {
		return join("\n\n", parts...)
	}
	if len(e.Lines) > 0 {
		parts = append(parts, mdDetails(s.word(reportLogLines), mdFence("", mdLines(e.Lines, commentLines))))
	}
	if webLink(e.URL) {
		parts = append(parts, mdLink(mdText(s.word(labelLog)), e.URL))
	}
	return join("\n\n", parts...)
}

// commentFoot says what can be typed now, and where the whole story is.
func (s scene) commentFoot(phase store.Phase, thread string) string {
	verbs := map[store.Phase][]string{
		store.Deploying: {verbStatus, verbDown}, store.Up: {verbStatus, verbExtend, verbDown}, store.Asleep: {verbWake, verbDown},
		store.Broken: {verbStatus, verbRetry, verbDown}, store.Removing: {verbStatus}, store.Removed: {verbUp}, store.Kept: {verbUndo},
	}[phase]
	if s.env.Spec.Asked.Verb == verbDeleted {
		verbs = nil
	}
	var words []string
	for _, v := range verbs {
		typed := "`{cmd} " + v + " {branch}`"
		if v == verbExtend {
			typed = "`{cmd} " + v + " {branch} 1d`"
		}
		words = append(words, s.texts.markdown(typed))
	}
	var parts []string
	if len(words) > 0 {
		parts = append(parts, mdText(s.word(reportPrompt))+" "+strings.Join(words, " · "))
	}
	if webLink(thread) {
		parts = append(parts, mdLink(mdText(s.word(reportThread)), thread))
	}
	return strings.Join(parts, " · ")
}

// newest finds the newest event of a code and generation.
func newest(events []store.Event, code string, generation int64) (store.Event, bool) {
	for _, e := range slices.Backward(events) {
		if e.Code == code && e.Generation == generation {
			return e, true
		}
	}
	return store.Event{}, false
}
