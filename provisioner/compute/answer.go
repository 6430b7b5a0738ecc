package compute

import (
	"encoding/json"
	"regexp"
	"strings"
)

// longestAnswer is how much of an answer is read: a version is short, and what is not is a page.
const longestAnswer = 64 << 10

// commitShape is the name of a commit, whole or at least its first seven digits.
var commitShape = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// commitIn reads the commit that a version path answers with: as the whole text, or in one of the usual fields of a JSON
// object. It is empty when there is none; a page is no answer.
func commitIn(body string) string {
	if said := commitWord(body); said != "" {
		return said
	}
	var text string
	if json.Unmarshal([]byte(body), &text) == nil {
		return commitWord(text)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &fields) != nil {
		return ""
	}
	for _, name := range []string{"commit", "sha", "revision", "version"} {
		var value string
		if json.Unmarshal(fields[name], &value) != nil {
			continue
		}
		if said := commitWord(value); said != "" {
			return said
		}
	}
	return ""
}

func commitWord(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	if !commitShape.MatchString(text) {
		return ""
	}
	return text
}
