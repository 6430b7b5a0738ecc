package bot

import (
	"regexp"
	"slices"
	"strings"

	"qabot/store"
)

// verbData begins everything about an environment's data; what follows it is a verb of its own.
const verbData = "data"

// The verbs behind data, as rules and the audit journal have them.
const (
	verbReset  = "reset"
	verbSave   = "save"
	verbLoad   = "load"
	verbCopy   = "copy"
	verbSaves  = "saves"  // typed: data list
	verbUnsave = "unsave" // typed: data delete
)

// dataVerbs are what is typed behind data, and the verbs that it means.
func dataVerbs() map[string]string {
	return map[string]string{
		"reset": verbReset, "save": verbSave, "load": verbLoad, "copy": verbCopy, "list": verbSaves, "delete": verbUnsave,
		"ls": verbSaves, "rm": verbUnsave, "remove": verbUnsave, "restore": verbLoad, "clone": verbCopy, "snapshot": verbSave, "fresh": verbReset,
	}
}

// typed is a verb as people type it.
func typed(verb string) string {
	switch verb {
	case verbSaves:
		return "data list"
	case verbUnsave:
		return "data delete"
	case verbReset, verbSave, verbLoad, verbCopy:
		return "data " + verb
	}
	return verb
}

var (
	quoted   = regexp.MustCompile(`["“”„‟«»「」『』]([^"“”„‟«»「」『』]*)["“”„‟«»「」『』]`)
	saveName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}\p{M} ._-]{0,39}$`)
)

// toData reads what stands behind data.
func toData(text string, apps []App, inThread bool) (command, *store.Detail) {
	var c command
	if m := quoted.FindStringSubmatchIndex(text); m != nil {
		c.Save = text[m[2]:m[3]]
		text = text[:m[0]] + " " + text[m[1]:]
	}
	words := strings.Fields(text)
	if len(words) == 0 {
		return command{}, say(answerDataWhat)
	}
	if c.Verb = dataVerbs()[strings.ToLower(clean(words[0]))]; c.Verb == "" {
		return command{}, say(answerDataWhat)
	}
	words = words[1:]
	if len(words) > 0 {
		if i := appCalled(words[0], apps); i >= 0 && (len(words) > 1 || c.Verb == verbSaves || c.Verb == verbUnsave) {
			c.App, words = apps[i].Name, words[1:]
		}
	}
	switch c.Verb {
	case verbSaves:
		if len(words) == 0 {
			return c, nil
		}
	case verbSave, verbLoad, verbUnsave:
		least := 1
		if !inThread && c.Verb != verbUnsave {
			least = 2 // the branch comes first
		}
		if c.Save == "" && len(words) >= least {
			c.Save, words = clean(words[len(words)-1]), words[:len(words)-1]
		}
		c.Save = strings.ToLower(strings.Join(strings.Fields(c.Save), " "))
		if !saveName.MatchString(c.Save) {
			return command{}, say(answerSaveName, typed(c.Verb))
		}
	case verbCopy:
		words = slices.DeleteFunc(words, func(w string) bool {
			return slices.Contains([]string{"to", "into", "from", "->", "→"}, strings.ToLower(w))
		})
		if len(words) == 0 || len(words) == 1 && !inThread {
			return command{}, say(answerCopyWhat)
		}
		from, wrong := command{Verb: c.Verb, App: c.App}.about(words[0], apps)
		if wrong != nil || from.Branch == "" {
			return command{}, say(answerCopyWhat)
		}
		c.From, words = from.Branch, words[1:]
	}
	switch {
	case len(words) > 1 || c.Verb == verbUnsave && len(words) > 0:
		return command{}, say(answerTooManyWords, typed(c.Verb), strings.Join(words, " "))
	case c.Verb == verbUnsave, len(words) == 0 && inThread:
		return c, nil
	case len(words) == 0:
		return command{}, say(answerNoBranch, typed(c.Verb))
	}
	about, wrong := c.about(words[0], apps)
	if wrong == nil && c.Verb == verbSaves && about.Branch == "" { // nobody is asked what the pull request's branch is
		return command{}, say(answerTooManyWords, typed(c.Verb), words[0])
	}
	return about, wrong
}
