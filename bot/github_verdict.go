package bot

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// verdict is what an error of GitHub means for what was to be told.
type verdict int

const (
	verdictUnknown verdict = iota // it may have had its effect: ask again later
	verdictFine
	verdictLimited // too much was asked
	verdictRefused // the permission is missing, for this and everything like it
	verdictMissing // what it is about is gone, or may not be seen
	verdictWrong   // this one will never be taken
	verdictToken   // the token is no good
)

// verdictOf is pure. GitHub answers that a conversation is locked with the status of a missing permission; only its words tell
// them apart.
func verdictOf(err error) verdict {
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answer *github.ErrorResponse
	switch {
	case err == nil:
		return verdictFine
	case errors.Is(err, errNotInstalled):
		return verdictMissing
	case errors.Is(err, errAppRefused):
		return verdictToken
	case errors.As(err, &primary), errors.As(err, &secondary):
		return verdictLimited
	case !errors.As(err, &answer) || answer.Response == nil:
		return verdictUnknown
	}
	switch answer.Response.StatusCode {
	case http.StatusTooManyRequests:
		return verdictLimited
	case http.StatusUnauthorized:
		return verdictToken
	case http.StatusForbidden:
		if answer.Response.Header.Get("Retry-After") != "" {
			return verdictLimited
		}
		if strings.Contains(strings.ToLower(answer.Message), "locked") {
			return verdictWrong
		}
		return verdictRefused
	case http.StatusNotFound, http.StatusGone:
		return verdictMissing
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusBadRequest:
		return verdictWrong
	}
	return verdictUnknown
}

// limitLasts is how long GitHub wants to be left alone after an error that verdictOf calls limited.
func limitLasts(err error, now time.Time) time.Duration {
	const unsaid, most = time.Minute, time.Hour // a minute is what GitHub asks for where it does not say
	wait := pause(err, now)
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		if d, err := time.ParseDuration(answer.Response.Header.Get("Retry-After") + "s"); err == nil {
			wait = d
		}
	}
	if wait <= 0 {
		return unsaid
	}
	return min(wait, most)
}
