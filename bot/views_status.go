package bot

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// status shows one environment in detail: its stages, what each role serves, when what was last, and its things by name.
func (s scene) status(k known, permalink string) view {
	icon, label := s.phaseIcon()
	spec := s.env.Spec
	lines := checklist(s.texts, s.app, s.env, spec.Gone(s.now))
	facts := s.served(k)
	for _, u := range s.urls() {
		facts = append(facts, row(strong(u.label), words("  "), link(u.url, u.url)))
	}
	for _, c := range s.causes(lines, store.Failed, store.Held) {
		facts = append(facts, s.causeRow(c))
	}
	facts = append(facts, s.circumstances(k)...)
	blocks := []slack.Block{s.head(icon, label), s.stages(lines, s.env.Phase(s.now) == store.Broken)}
	if len(facts) > 0 {
		blocks = append(blocks, richText("facts", facts[:min(len(facts), 30)]...))
	}
	if names := s.byName(k.things); len(names) > 0 {
		blocks = append(blocks, richText("names", names...))
	}
	blocks = append(blocks, s.footnote(true))
	if !spec.Gone(s.now) {
		blocks = append(blocks, s.actions(s.logsButton(0, "", s.word(labelLogsShow))))
	}
	v := view{Text: code(s.branch()) + ": " + s.word(label), Blocks: s.blocks(blocks...)}
	return v.follow(s.texts, permalink)
}

// served says of each role what people get from it, since when, and whether that is the branch's newest commit.
func (s scene) served(k known) []slack.RichTextElement {
	var rows []slack.RichTextElement
	for _, p := range k.proofs[:min(len(k.proofs), 12)] {
		rows = append(rows, row(s.serves(p, k)...))
	}
	if len(rows) == 0 && (s.env.Status.Serving != "" || s.env.Phase(s.now) == store.Broken) {
		rows = append(rows, row(s.serving()...))
	}
	return rows
}

func (s scene) serves(p store.Proof, k known) []element {
	role := short(p.Role, 40)
	since := func(commit string) string { return stamp(s.since(p.Role, commit, k.events)) }
	switch {
	case p.Runs == "":
		return s.texts.rich(s.word(servesNothing), role)
	case p.Said.Code == "":
		return s.texts.rich(s.word(cmp.Or(s.against(k.head, p.Runs, runsHead, runsBehind), runsOnly)), role, sha(p.Runs), since(p.Runs), sha(k.head))
	case p.Said.Code == store.ProofGiven:
		return s.texts.rich(s.word(cmp.Or(s.against(k.head, p.Runs, servesHead, servesBehind), servesOnly)), role, sha(p.Runs), since(p.Runs), sha(k.head))
	case p.Said.Code == store.ProofOther && len(p.Said.Args) > 0:
		other := p.Said.Args[0]
		return append([]element{emoji("warning"), words(" ")}, s.texts.rich(s.word(servesOther), role, sha(other), since(other), sha(p.Runs))...)
	}
	return append([]element{emoji("warning"), words(" ")}, s.proof(p.Role, p.Said, true)...)
}

// against picks the words for a commit beside the branch's head; neither where the head is not known.
func (s scene) against(head, commit, same, behind string) string {
	switch head {
	case "":
		return ""
	case commit:
		return same
	}
	return behind
}

// since is from when on a commit is served: since it came up, as the journal knows, or since its rollout ended.
func (s scene) since(role, commit string, events []store.Event) time.Time {
	came, ok := last(events, func(e store.Event) bool {
		return e.Code == store.EventReady && e.Commit != "" && strings.HasPrefix(e.Commit, commit)
	})
	if ok {
		return came.At
	}
	kind := store.Of("service", role)
	for _, at := range []time.Time{s.env.Facts[kind].Ended, s.env.Status.Seen[kind].Ended, s.env.Spec.Asked.At} {
		if !at.IsZero() {
			return at
		}
	}
	return s.env.Made
}

// circumstances are whose it is, how old, what it holds of the database, and what was last.
func (s scene) circumstances(k known) []slack.RichTextElement {
	var rows []slack.RichTextElement
	if owner := s.env.Spec.Owner; owner != "" {
		rows = append(rows, row(s.texts.mixed(s.word(labelOwner), person(owner))...))
	}
	if !s.env.Made.IsZero() {
		rows = append(rows, row(s.texts.rich(s.word(labelAge), s.now.Sub(s.env.Made).String())...))
	}
	if used := s.used(); used != nil {
		rows = append(rows, row(used...))
	}
	if c := k.connections; c != nil {
		if most := cmp.Or(c.Limit, c.Server); most > 0 {
			rows = append(rows, row(s.texts.rich(s.word(labelConnections), strconv.Itoa(c.Used), strconv.Itoa(most))...))
		}
	}
	if e, ok := last(k.events, ofCode(store.EventMigrated)); ok {
		rows = append(rows, row(s.texts.rich(s.word(labelLastMigration), sha(e.Commit), e.Took.String(), stamp(e.At))...))
	}
	if e, ok := last(k.events, ofCode(store.EventPushed)); ok {
		rows = append(rows, row(s.texts.rich(s.word(labelLastPush), sha(e.Commit), short(cmp.Or(e.Name, "?"), 60), stamp(e.At))...))
	}
	return rows
}

// byName lists what the environment has in the world.
func (s scene) byName(things []store.Foreseen) []slack.RichTextElement {
	var rows []slack.RichTextElement
	for _, f := range things[:min(len(things), 30)] {
		there := f.Seen.State != store.Absent && f.Seen.State != store.Unknown
		named := slices.DeleteFunc(slices.Clone(f.Things), func(d store.Detail) bool {
			return d.Code == store.ThingURL || d.Code == store.ThingBuild || d.Code == store.ThingPipeline
		})
		if !there || len(named) == 0 || f.Kind.Sort() == "migration" {
			continue
		}
		rows = append(rows, row(s.names(named)...))
	}
	if len(rows) == 0 {
		return nil
	}
	return append([]slack.RichTextElement{row(s.texts.rich(s.word(labelByName))...)}, rows...)
}
