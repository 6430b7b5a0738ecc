package bot

import (
	"regexp"
	"slices"
)

// Codes of what the last lines of a log make likely. They are guesses for people, shown as such beside what is known;
// nothing is decided by them.
const (
	hintConnections = "hint.connections" // MySQL error 1040
	hintShare       = "hint.share"       // MySQL errors 1203 and 1226
)

var (
	tooMany   = regexp.MustCompile(`(?i)\btoo many connections\b|\bERROR 1040\b`)
	shareUsed = regexp.MustCompile(`(?i)max_user_connections|\bERROR (1226|1203)\b`)
)

// hint gives the code of what the lines of a log make likely, the narrower one first; empty: nothing.
func hint(lines []string) string {
	switch {
	case slices.ContainsFunc(lines, shareUsed.MatchString):
		return hintShare
	case slices.ContainsFunc(lines, tooMany.MatchString):
		return hintConnections
	}
	return ""
}
