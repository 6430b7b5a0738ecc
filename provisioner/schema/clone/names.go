package clone

import (
	"regexp"
	"strings"
)

var (
	definer  = regexp.MustCompile("^(CREATE (?:OR REPLACE )?(?:ALGORITHM=\\w+ )?)DEFINER=(?:`(?:[^`]|``)*`|\\w+)(?:@`(?:[^`]|``)*`)? ")
	schedule = regexp.MustCompile(`(?s)^(.*? ON COMPLETION (?:NOT )?PRESERVE )(?:ENABLE|DISABLE ON SLAVE|DISABLE ON REPLICA|DISABLE)\b`)
)

// portable makes a definition fit for another schema and for whoever makes it: it loses its definer, and names the target where
// it named the source. Events come to rest: what the source's do is not to be done twice.
func portable(sort, ddl, source, target string) string {
	ddl = definer.ReplaceAllString(ddl, "$1")
	if sort == "EVENT" {
		ddl = schedule.ReplaceAllString(ddl, "${1}DISABLE")
	}
	return renamed(ddl, source, target)
}

// token is a string, a comment, a quoted identifier or a word. Whatever lies between is copied as it is.
var token = regexp.MustCompile("(?s)'(?:[^'\\\\]|\\\\.|'')*'|\"(?:[^\"\\\\]|\\\\.|\"\")*\"|/\\*[^!].*?\\*/|-- [^\n]*|#[^\n]*|`(?:[^`]|``)+`|[\\pL_$][\\pL\\pN_$]*")

// renamed puts the target's name where the source's stands before a dot, outside of strings and comments.
func renamed(ddl, source, target string) string {
	var b strings.Builder
	at := 0
	for _, m := range token.FindAllStringIndex(ddl, -1) {
		b.WriteString(ddl[at:m[0]])
		word := ddl[m[0]:m[1]]
		at = m[1]
		follows := strings.HasPrefix(strings.TrimLeft(ddl[at:], " \t\r\n"), ".")
		if follows && (word == source || word == Quote(source)) && !strings.HasSuffix(ddl[:m[0]], ".") {
			word = Quote(target)
		}
		b.WriteString(word)
	}
	return b.String() + ddl[at:]
}
