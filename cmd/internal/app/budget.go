package app

import (
	"strconv"
	"strings"

	"qabot/provisioner/schema"
)

// reserve is how much of the server's connections no environment gets; ok is false when it cannot be read.
func (d Database) reserve() (s schema.Share, ok bool) {
	number, percent := strings.CutSuffix(strings.TrimSpace(d.Reserve), "%")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || n < 0 || percent && n >= 100 {
		return s, false
	}
	if percent {
		return schema.Share{Percent: n}, true
	}
	return schema.Share{Number: n}, true
}
