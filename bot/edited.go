package bot

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// Verbs of the buttons below a migration that waits because its files were edited.
const (
	verbAnew   = "anew"    // new data, on which all of them run
	verbKeepOn = "keep-on" // only what is new runs
)

const (
	actionAnew   = "qa_anew"
	actionKeepOn = "qa_keep_on"
)

// Codes of words around edited migrations. The comments name the arguments.
const (
	answerAnew   = "answer.anew"    // branch, commit
	answerKeepOn = "answer.keep-on" // branch, commit

	labelAnew     = "label.anew"      // a button
	labelKeepOn   = "label.keep-on"   // a button
	labelAnewSure = "label.anew-sure" // no arguments
	labelEdited   = "label.edited"    // no arguments: what it means, and what the buttons do
	labelPlanHeld = "label.plan-held" // no arguments: of a plan, before what was edited
	labelPlanAsks = "label.plan-asks" // no arguments: of a plan, what would be asked
)

// migrates tells whether a file is a migration, by where frameworks keep them.
func migrates(file string) bool {
	switch path.Ext(file) {
	case ".sql", ".rb", ".py", ".php", ".js", ".ts", ".mjs", ".cjs", ".go", ".java", ".kt", ".ex", ".exs", ".cs", ".xml", ".yml", ".yaml":
	default:
		return false
	}
	if path.Base(file) == "__init__.py" {
		return false
	}
	dirs := strings.Split(path.Dir(file), "/")
	for i, dir := range dirs {
		switch {
		case dir == "migrations", dir == "migration" && i > 0 && dirs[i-1] == "db", dir == "migrate" && i > 0 && dirs[i-1] == "db", dir == "versions" && i > 0 && dirs[i-1] == "alembic":
			return true
		}
	}
	return false
}

// edits tells which migrations of one tree are not as they are in another one, by the hashes of their files. One that has another
// name and is the same otherwise was moved, which changes the order in which they run. What is only new is none.
func edits(ran, wanted map[string]string) []store.Detail {
	moved := map[string]string{} // by hash, the new name
	for file, hash := range wanted {
		if _, was := ran[file]; !was && migrates(file) {
			moved[hash] = file
		}
	}
	var out []store.Detail
	for file, hash := range ran {
		now, is := wanted[file]
		switch to := moved[hash]; {
		case !migrates(file), is && now == hash:
		case is:
			out = append(out, store.Say(store.EditChanged, file))
		case to != "":
			out = append(out, store.Say(store.EditMoved, to, file))
		default:
			out = append(out, store.Say(store.EditRemoved, file))
		}
	}
	slices.SortFunc(out, func(a, b store.Detail) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

// editsKept is how many are named.
const editsKept = 10

// editedSince asks GitHub which migrations that have run on an environment's data differ in the commit that is asked for; none where
// that cannot be told.
func (b *Bot) editedSince(ctx context.Context, e store.Environment, a asking) []store.Detail {
	now := b.opt.Now()
	ran := e.Facts["migration"].Passed
	data := e.Spec.Version > 0 && !e.Spec.Gone(now) || e.Keeps(now)
	if !data || ran == "" || ran == e.Spec.Edited.Past || a.Commit == "" || a.Commit == ran || a.Commit == e.Spec.Commit {
		return nil
	}
	before, err := b.github.tree(ctx, a.App.Repo, ran)
	if err == nil {
		var after map[string]string
		if after, err = b.github.tree(ctx, a.App.Repo, a.Commit); err == nil {
			return edits(before, after)
		}
	}
	b.log.Info("compare migrations", "env", e.ID, "ran", ran, "commit", a.Commit, "error", err)
	return nil
}

// tree gives the hashes of all files of a commit, by their paths.
func (g *gitHub) tree(ctx context.Context, repo, commit string) (map[string]string, error) {
	owner, name, _ := strings.Cut(repo, "/")
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	tree, _, err := g.client.Git.GetTree(ctx, owner, name, commit, true)
	if err != nil {
		return nil, fmt.Errorf("ask for the tree of %s of %s: %w", commit, repo, err)
	}
	if tree.GetTruncated() {
		return nil, fmt.Errorf("ask for the tree of %s of %s: it is too large to be told", commit, repo)
	}
	files := map[string]string{}
	for _, e := range tree.Entries {
		if e.GetType() == "blob" {
			files[e.GetPath()] = e.GetSHA()
		}
	}
	return files, nil
}

// heldBack notes on the wish for another commit which of its migrations were edited. On other data none of them has run.
func heldBack(e store.Environment, a asking, d decision) decision {
	if d.Next == nil {
		return d
	}
	next := d.Next
	if next.Commit != e.Spec.Commit {
		next.Edited = store.Edited{Past: e.Spec.Edited.Past}
		if next.Commit == a.Commit && len(a.Edits) > 0 {
			next.Edited.Commit, next.Edited.Files = a.Commit, store.EditsOf(a.Edits[:min(len(a.Edits), editsKept)])
		}
	}
	if next.Data.Epoch > e.Spec.Data.Epoch {
		next.Edited = store.Edited{Past: e.Facts["migration"].Passed}
	}
	return d
}

// decideEdited lets a migration go on that waited: on new data, or on the data that is there.
func decideEdited(e store.Environment, a asking, now time.Time) decision {
	if unwanted(e, now) || len(e.Spec.Edits()) == 0 {
		return decision{Answer: store.Say(answerStale)}
	}
	next := e.Spec
	next.Edited = store.Edited{Past: e.Spec.Edited.Past}
	if a.Verb == verbKeepOn {
		return wish(again(next, a), a, answerKeepOn, a.Branch, sha(next.Commit))
	}
	next.Data = store.Data{Epoch: e.Spec.Data.Epoch + 1}
	return wish(again(next, a), a, answerAnew, a.Branch, sha(next.Commit))
}

// edited tells that nothing of a migration runs before somebody has decided.
func (s scene) edited(e store.Event) view {
	whom := s.waiting(e)
	if whom == "" {
		whom = s.env.Spec.Owner
	}
	args := []string{s.branch(), sha(e.Commit)}
	lines := []slack.RichTextElement{row(s.calling(whom, "raised_hand", s.texts.rich(s.word(store.EventEdited), args...)...)...)}
	lines = append(lines, s.editsOf(e.Warnings)...)
	lines = append(lines, row(s.texts.rich(s.word(labelEdited))...))
	blocks := []slack.Block{richText("edited", lines...)}
	if e.Generation == s.env.Spec.Generation && len(s.env.Spec.Edits()) > 0 {
		sure := slack.NewConfirmationBlockObject(plainText(s.word(labelAnew), 100), plainText(s.word(labelAnewSure), 300),
			plainText(s.word(labelAnew), 30), plainText(s.word(labelKeep), 30)).WithStyle(slack.StyleDanger)
		blocks = append(blocks, s.actions(
			button(actionAnew, s.value(), s.word(labelAnew)).WithStyle(slack.StyleDanger).WithConfirm(sure),
			button(actionKeepOn, s.value(), s.word(labelKeepOn)), s.cancelButton(),
		))
	}
	return view{Text: mention(whom) + "✋ " + s.texts.flat(s.word(store.EventEdited), args...), Blocks: blocks}
}

// editsOf names what was edited, a line each.
func (s scene) editsOf(edits []store.Detail) (lines []slack.RichTextElement) {
	for _, d := range edits[:min(len(edits), editsKept)] {
		lines = append(lines, row(append([]element{words("    ")}, s.texts.rich(s.word(d.Code), shorts(d.Args, 120)...)...)...))
	}
	return lines
}

// wouldAsk says in a plan that a migration would wait for somebody, and why; nothing where it would not.
func (s scene) wouldAsk() []slack.RichTextElement {
	edits := s.env.Spec.Edits()
	if len(edits) == 0 {
		return nil
	}
	head := row(append([]element{emoji("raised_hand"), words(" ")}, s.texts.rich(s.word(labelPlanHeld))...)...)
	return append(append([]slack.RichTextElement{head}, s.editsOf(edits)...), row(s.texts.rich(s.word(labelPlanAsks))...))
}
