package awssim

import (
	"encoding/base64"
	"strconv"
)

// page cuts one page out of a list. The token is the next page's start in disguise; a bad one gives ok == false.
func page[T any](all []T, token *string, size int) (items []T, next *string, ok bool) {
	start := 0
	if deref(token) != "" {
		raw, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil {
			return nil, nil, false
		}
		if start, err = strconv.Atoi(string(raw)); err != nil || start < 0 {
			return nil, nil, false
		}
	}
	start = min(start, len(all))
	end := min(start+size, len(all))
	if end < len(all) {
		t := base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(end)))
		next = &t
	}
	return all[start:end], next, true
}

// pageSize is the size asked for, or the default when none is.
func pageSize(asked *int32, otherwise int) int {
	if n := int(deref(asked)); n > 0 {
		return n
	}
	return otherwise
}
