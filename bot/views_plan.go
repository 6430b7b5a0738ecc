package bot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// plan shows what would be made, changed or removed, by name.
func (s scene) plan(foreseen []store.Foreseen, limits store.Connections, revised string) view {
	args := []string{s.branch(), sha(s.env.Spec.Commit)}
	head := row(s.texts.rich(s.word(labelPlan), args...)...)
	rows := []slack.RichTextElement{head}
	changes := false
	for _, f := range foreseen[:min(len(foreseen), 40)] {
		rows = append(rows, row(s.foreseen(f)...))
		changes = changes || f.Will != ""
	}
	var sums []slack.RichTextElement
	sums = append(append(sums, s.wouldAsk()...), s.pool(foreseen, limits)...)
	if changes && s.usual > 0 {
		sums = append(sums, row(s.texts.rich(s.word(labelPlanUsual), s.texts.about(s.usual))...))
	}
	closing := labelPlanMade
	if !changes && len(s.env.Spec.Edits()) == 0 {
		closing = labelPlanSame
	}
	sums = append(sums, row(s.texts.rich(s.word(closing))...))
	v := view{Text: s.texts.flat(s.word(labelPlan), args...), Blocks: []slack.Block{richText("plan", rows...), richText("sums", sums...)}}
	if changes {
		v = v.add(choices(s.texts, "", []choice{{Verb: verbUp, App: s.env.Spec.App, Branch: s.env.Spec.Branch, Revision: revised, Label: s.word(labelDoIt)}})...)
	}
	return v
}

// foreseen is one line of a plan.
func (s scene) foreseen(f store.Foreseen) []element {
	icon, note := "white_check_mark", labelPlanStays
	switch {
	case f.Seen.State == store.Failed:
		icon, note = "no_entry", ""
	case f.Will == store.Remove:
		icon, note = "heavy_minus_sign", labelPlanGoes
	case f.Will == store.Apply && f.Seen.State == store.Absent:
		icon, note = "heavy_plus_sign", ""
	case f.Will == store.Apply:
		icon, note = "pencil2", labelPlanChanges
	case f.Seen.State == store.Unknown:
		icon, note = "grey_question", ""
	case f.Seen.State == store.Working || f.Seen.State == store.Held || f.Seen.State == store.Leaving:
		icon, note = "hourglass_flowing_sand", ""
	case f.Seen.State != store.Ready:
		icon, note = "double_vertical_bar", labelPlanWaits
	}
	parts := []element{emoji(icon), words(" "), strong(s.texts.flatLabel("stage.", f.Kind))}
	if note != "" {
		parts = append(parts, words("  ("+s.word(note)+")"))
	}
	if names := s.names(f.Things); len(names) > 0 {
		parts = append(append(parts, words("  ")), names...)
	}
	unclear := f.Seen.State == store.Failed || f.Seen.State == store.Unknown
	if unclear && f.Seen.Detail.Code != "" {
		parts = append(append(parts, words("  ")), s.texts.full(f.Seen.Detail)...)
	}
	return parts
}

// names lists things by name.
func (s scene) names(things []store.Detail) []element {
	var parts []element
	for _, d := range things {
		if len(parts) > 0 {
			parts = append(parts, words(s.texts.list))
		}
		if d.Code == store.ThingURL && len(d.Args) > 0 && webLink(d.Args[0]) {
			parts = append(parts, link(d.Args[0], d.Args[0]))
			continue
		}
		parts = append(parts, s.texts.detail(d)...)
	}
	return parts
}

// pool says how many connections to the database the tasks may open, as far as that is known.
func (s scene) pool(foreseen []store.Foreseen, limits store.Connections) []slack.RichTextElement {
	if limits.Most > 0 {
		return s.price(limits)
	}
	var unknown []string
	most := 0
	for _, f := range foreseen {
		if f.Kind.Sort() != "service" || f.Seen.State == store.Failed {
			continue
		}
		if most += f.Connections; f.Connections == 0 && !s.env.Spec.Asleep {
			unknown = append(unknown, f.Kind.Role())
		}
	}
	var rows []slack.RichTextElement
	if most > 0 {
		rows = append(rows, row(s.texts.rich(s.word(labelPool), strconv.Itoa(most), strconv.Itoa(2*most))...))
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		rows = append(rows, row(s.texts.rich(s.word(labelPoolUnknown), strings.Join(unknown, ", "))...))
	}
	if limits.Limit > 0 && limits.Limit < 2*most {
		rows = append(rows, row(append([]element{emoji("warning"), words(" ")}, s.texts.rich(s.word(labelPoolTight), strconv.Itoa(limits.Limit))...)...))
	}
	return rows
}
