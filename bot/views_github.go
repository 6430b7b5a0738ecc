package bot

import (
	"cmp"
	"fmt"

	"qabot/store"
)

// pullRequest says what a pull request has to do with the last wish.
func (s scene) pullRequest(a store.Asked) []element {
	label := labelForPull
	switch a.Verb {
	case verbUnlabelled:
		label = labelUnlabelled
	case verbClosed:
		label = labelClosed
	case verbMerged:
		label = labelMerged
	}
	number := link(fmt.Sprintf("%s/%s/pull/%d", s.web, s.env.Spec.Repo, a.Pull), fmt.Sprintf("#%d", a.Pull))
	return s.texts.mixed(s.word(label), number)
}

// missedWords say that something was heard of late. A push was told by name already.
func missedWords(e store.Event) (code string, args []string) {
	at := stamp(e.At)
	if len(e.Detail.Args) > 0 {
		at = short(e.Detail.Args[0], 40)
	}
	if e.Detail.Code == verbDeleted && e.Name != "" {
		code = missedDeletion
	}
	return cmp.Or(code, store.EventMissed), []string{short(e.Name, 60), at}
}
