package clone

import (
	"regexp"
	"strings"
)

// lineOf is how every line between the first and the last of a table's definition begins.
var lineOf = regexp.MustCompile("^  (?:`|PRIMARY KEY |UNIQUE KEY |KEY |CONSTRAINT |FULLTEXT KEY |SPATIAL KEY |CHECK )")

// deferKeys takes secondary keys and foreign keys out of a table's definition and gives the statement that adds them. A
// definition that it cannot read line by line stays as it is, and so does one whose AUTO_INCREMENT column needs such a key.
func deferKeys(ddl, name, primary string) (without, after string) {
	lines := strings.Split(ddl, "\n")
	last := len(lines) - 1
	if last < 2 || !strings.HasPrefix(lines[last], ")") {
		return ddl, ""
	}
	var keep, adds []string
	for _, line := range lines[1:last] {
		if !lineOf.MatchString(line) {
			return ddl, ""
		}
		body := strings.TrimSuffix(strings.TrimSpace(line), ",")
		if strings.Contains(body, " AUTO_INCREMENT") && strings.HasPrefix(body, "`") && !strings.HasPrefix(body, primary+" ") {
			return ddl, ""
		}
		foreign := strings.HasPrefix(body, "CONSTRAINT ") && strings.Contains(body, " FOREIGN KEY ")
		if foreign || strings.HasPrefix(body, "KEY ") || strings.HasPrefix(body, "UNIQUE KEY ") {
			adds = append(adds, "ADD "+body)
		} else {
			keep = append(keep, "  "+body)
		}
	}
	if len(adds) == 0 {
		return ddl, ""
	}
	return lines[0] + "\n" + strings.Join(keep, ",\n") + "\n" + lines[last], "ALTER TABLE " + Quote(name) + " " + strings.Join(adds, ", ")
}
