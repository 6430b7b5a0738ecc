package clone

import (
	"regexp"
	"strings"
)

// lineOf is how every line between the first and the last of a table's definition begins.
var lineOf = regexp.MustCompile("^  (?:`|PRIMARY KEY |UNIQUE KEY |KEY |CONSTRAINT |FULLTEXT KEY |SPATIAL KEY |CHECK )")

// deferKeys takes secondary keys and foreign keys out of a table's definition, as they are to be added later. A definition that
// it cannot read line by line stays as it is, and so does one whose AUTO_INCREMENT column needs such a key.
func deferKeys(ddl, primary string) (without string, keys, foreign []string) {
	lines := strings.Split(ddl, "\n")
	last := len(lines) - 1
	if last < 2 || !strings.HasPrefix(lines[last], ")") {
		return ddl, nil, nil
	}
	var keep []string
	for _, line := range lines[1:last] {
		if !lineOf.MatchString(line) {
			return ddl, nil, nil
		}
		body := strings.TrimSuffix(strings.TrimSpace(line), ",")
		if strings.Contains(body, " AUTO_INCREMENT") && strings.HasPrefix(body, "`") && !strings.HasPrefix(body, primary+" ") {
			return ddl, nil, nil
		}
		switch {
		case strings.HasPrefix(body, "CONSTRAINT ") && strings.Contains(body, " FOREIGN KEY "):
			foreign = append(foreign, body)
		case strings.HasPrefix(body, "KEY "), strings.HasPrefix(body, "UNIQUE KEY "):
			keys = append(keys, body)
		default:
			keep = append(keep, "  "+body)
		}
	}
	return lines[0] + "\n" + strings.Join(keep, ",\n") + "\n" + lines[last], keys, foreign
}

// adding is the statement that adds keys to a table; empty, if there are none.
func adding(name string, keys ...string) string {
	if len(keys) == 0 {
		return ""
	}
	return "ALTER TABLE " + Quote(name) + " ADD " + strings.Join(keys, ", ADD ")
}
