package compute

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	linesShown  = 12  // of a failure
	longestLine = 200 // runes
	hidden      = "[hidden]"
)

// The shapes of secrets in logs. Scrubbing errs on the side of hiding.
var (
	escapes = regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[@-Z\\\\^_]|[ -/]+[0-~])")

	userinfo    = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)\S*@`)
	dsn         = regexp.MustCompile(`[^\s"'=:/]+:[^\s"']*@(tcp|unix)\(`)
	assignments = regexp.MustCompile(`\b([A-Z][A-Z0-9_]*[A-Z0-9])=("[^"]*"?|'[^']*'?|\S+)`)
	named       = regexp.MustCompile(`(?i)([a-z0-9_.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[a-z0-9_.-]*["']?\s*(?:=>|[:=])\s*)("[^"]*"?|'[^']*'?|\S+)`)
	bearer      = regexp.MustCompile(`(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}`)
	cliPassword = regexp.MustCompile(`(?i)(--?(?:p|password|pass|token|secret)(?:[= ]))\S+|(\s-p)\S{3,}`)
	identified  = regexp.MustCompile(`(?i)(identified\s+by\s+)('[^']*'?|"[^"]*"?|\S+)`)
	awsKeys     = regexp.MustCompile(`\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b`)
	tokens      = regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}|glpat-[\w-]{16,}|sk[-_](?:live|test|proj)?[-_]?\w{16,}|eyJ[\w-]{8,}\.[\w.-]+)`)
	opaque      = regexp.MustCompile(`(^|[^A-Za-z0-9+/_-])([A-Za-z0-9+/]{40,}={0,2})($|[^A-Za-z0-9+/=_-])`)
	hexadecimal = regexp.MustCompile(`^[0-9a-f]+$`)
)

// scrub makes one line of a log fit to be shown to people: without terminal codes and control characters, without what
// looks like a secret, and at most 200 characters long. A line break becomes a space.
func scrub(line string) string {
	line = strings.ToValidUTF8(line, "\uFFFD")
	line = escapes.ReplaceAllString(line, "")
	line = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, line)
	line = userinfo.ReplaceAllString(line, "${1}"+hidden+"@")
	line = dsn.ReplaceAllString(line, hidden+"@${1}(")
	line = assignments.ReplaceAllString(line, "${1}="+hidden)
	line = bearer.ReplaceAllString(line, "${1} "+hidden)
	line = named.ReplaceAllString(line, "${1}"+hidden)
	line = identified.ReplaceAllString(line, "${1}"+hidden)
	line = cliPassword.ReplaceAllString(line, "${1}${2}"+hidden)
	line = awsKeys.ReplaceAllString(line, hidden)
	line = tokens.ReplaceAllString(line, hidden)
	line = opaque.ReplaceAllStringFunc(line, func(s string) string {
		m := opaque.FindStringSubmatch(s)
		if hexadecimal.MatchString(m[2]) {
			return s // commits and digests, which people need
		}
		return m[1] + hidden + m[3]
	})
	line = strings.TrimRight(line, " ")
	if utf8.RuneCountInString(line) > longestLine {
		line = string([]rune(line)[:longestLine-1]) + "…"
	}
	return line
}

// scrubbed gives the last lines worth showing, at most most of them.
func scrubbed(lines []string, most int) (shown []string) {
	for _, text := range lines {
		for line := range strings.SplitSeq(text, "\n") {
			if line = scrub(strings.TrimRight(line, "\r")); line != "" {
				shown = append(shown, line)
			}
		}
	}
	return shown[max(0, len(shown)-max(most, 0)):]
}
