package bot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// helpFor answers a call for help: shortly where nothing was typed at all.
func helpFor(t texts, c command, apps []App) view {
	if c.Bare {
		return brief(t)
	}
	return help(t, c.Topic, apps)
}

// brief is what one can do without having read anything.
func brief(t texts) view {
	return view{Text: t.flat(t.of("help").Say), Blocks: []slack.Block{
		richText("help", row(t.rich(t.of("help").Say)...), row(t.rich(t.of("help.brief").Say)...)),
		slack.NewActionBlock("brief", newButton(t),
			button(numbered(actionList, 0), listing{Mine: true}.value(), t.of(labelMine).Say),
			button(actionHelp, "help", t.of(labelAllCommands).Say)),
	}}
}

// newButton opens the form for a new environment.
func newButton(t texts) *slack.ButtonBlockElement {
	return button(actionNew, "new", t.of(labelNew).Say).WithStyle(slack.StylePrimary)
}

// help shows all commands, or one in more words.
func help(t texts, topic string, apps []App) view {
	if topic != "" {
		if !slices.Contains(verbs(), topic) {
			return answer(t, store.Say(answerUnknownTopic, topic))
		}
		p := t.of("help." + topic)
		rows := []slack.RichTextElement{row(t.rich(p.Say + " " + t.sentences(p.Means, p.Next))...)}
		if examples := t.of("example." + topic); examples.Means != "" {
			rows = append(rows, row(t.rich(t.of("help.examples").Say+" "+examples.Means)...))
		}
		return view{Text: t.flat(p.Say), Blocks: []slack.Block{richText("help", rows...)}}
	}
	rows := []slack.RichTextElement{row(t.rich(t.of("help").Say)...)}
	for _, v := range verbs() {
		p := t.of("help." + v)
		rows = append(rows, row(t.rich(p.Say+" "+p.Means)...))
	}
	rows = append(rows, row(t.rich(t.of("help.thread").Say)...))
	if len(apps) > 1 {
		var names []string
		for _, a := range apps {
			names = append(names, fmt.Sprintf("%s (%s)", a.Name, a.Repo))
		}
		rows = append(rows, row(t.rich(t.of("help.apps").Say, short(strings.Join(names, ", "), 1000))...))
	}
	return view{Text: t.flat(t.of("help").Say), Blocks: []slack.Block{richText("help", rows...)}}
}
