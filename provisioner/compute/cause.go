package compute

import (
	"regexp"

	"qabot/store"
)

// What only words tell of a build that has failed. They give a failure its name, and never decide that it is one.
var (
	fewDownloads = regexp.MustCompile(`(?i)toomanyrequests|pull rate limit|429 Too Many Requests`)
	noDockerfile = regexp.MustCompile(`(?i)(?:read dockerfile|evaluate symlinks in Dockerfile path|open \S*Dockerfile|locate (?:specified )?Dockerfile).*(?:no such file|not found|cannot)|cannot locate (?:specified )?Dockerfile|open Dockerfile: no such file`)
	noBuilds     = regexp.MustCompile(`more than 0 (?:concurrent )?builds`)
)

// causeOf gives a failed build's detail the name of its cause, where the end of the log tells it.
func causeOf(d store.Detail, lines []string) store.Detail {
	if d.Code != store.BuildFailed {
		return d
	}
	for _, line := range lines {
		switch {
		case fewDownloads.MatchString(line):
			d.Code = store.BuildLimited
		case noDockerfile.MatchString(line):
			d.Code = store.BuildNoFile
		}
	}
	return d
}

// fullQueue names a refusal to queue one more build: an account that may have none waits for AWS, any other for its own builds.
func fullQueue(said string) store.Detail {
	if noBuilds.MatchString(said) {
		return store.Say(store.BuildNoQuota)
	}
	return store.Say(store.BuildQuota, said)
}
