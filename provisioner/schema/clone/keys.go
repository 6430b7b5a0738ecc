package clone

import (
	"regexp"
	"strings"
)

// lineOf is how every line between the first and the last of a table's definition begins.
var lineOf = regexp.MustCompile("^  (?:`|PRIMARY KEY |UNIQUE KEY |KEY |CONSTRAINT |FULLTEXT KEY |SPATIAL KEY |CHECK )")

// deferKeys takes secondary keys out of a table's definition, as they are to be added later. A definition whose AUTO_INCREMENT
// column needs such a key stays as it is.
func deferKeys(ddl, primary string) (without string, keys []string) {
	for line := range strings.Lines(ddl) {
		if strings.HasPrefix(line, "  `") && strings.Contains(line, " AUTO_INCREMENT") && !strings.HasPrefix(line, "  "+primary+" ") {
			return ddl, nil
		}
	}
	return takeOut(ddl, func(line string) bool {
		return strings.HasPrefix(line, "KEY ") || strings.HasPrefix(line, "UNIQUE KEY ")
	})
}

// deferForeign takes the foreign keys out.
func deferForeign(ddl string) (without string, keys []string) {
	return takeOut(ddl, func(line string) bool {
		return strings.HasPrefix(line, "CONSTRAINT ") && strings.Contains(line, " FOREIGN KEY ")
	})
}

// takeOut takes lines out of a table's definition. One that it cannot read line by line stays as it is.
func takeOut(ddl string, which func(line string) bool) (without string, out []string) {
	lines := strings.Split(ddl, "\n")
	last := len(lines) - 1
	if last < 2 || !strings.HasPrefix(lines[last], ")") {
		return ddl, nil
	}
	var keep []string
	for _, line := range lines[1:last] {
		if !lineOf.MatchString(line) {
			return ddl, nil
		}
		if body := strings.TrimSuffix(strings.TrimSpace(line), ","); which(body) {
			out = append(out, body)
		} else {
			keep = append(keep, "  "+body)
		}
	}
	return lines[0] + "\n" + strings.Join(keep, ",\n") + "\n" + lines[last], out
}

// adding is the statement that adds keys to a table; empty, if there are none.
func adding(name string, keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "ALTER TABLE " + Quote(name) + " ADD " + strings.Join(keys, ", ADD ")
}
