package slacksim

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const maxBody = 1 << 20 // bytes of a request

// args are a call's arguments, whether they came as a form, as JSON or in the query.
type args struct {
	token       string
	headerToken string
	base        string // URL under which the caller reached the workspace
	values      map[string]json.RawMessage
}

func readArgs(r *http.Request) (args, error) {
	a := args{values: map[string]json.RawMessage{}}
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		a.headerToken = strings.TrimSpace(t)
	}
	for k, v := range r.URL.Query() {
		a.set(k, v[0])
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return a, fmt.Errorf("read body: %w", err)
		}
		if len(body) > 0 && json.Unmarshal(body, &a.values) != nil {
			return a, refuse("invalid_json")
		}
	case "application/x-www-form-urlencoded", "multipart/form-data", "":
		r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
		if err := r.ParseMultipartForm(maxBody); err != nil && err != http.ErrNotMultipart {
			return a, refuse("invalid_form_data")
		}
		for k, v := range r.PostForm {
			a.set(k, v[0])
		}
	default:
		return a, refuse("invalid_post_type")
	}
	a.token = a.headerToken
	if a.token == "" {
		a.token = a.str("token")
	}
	return a, nil
}

func (a args) set(key, value string) {
	quoted, err := json.Marshal(value)
	if err == nil {
		a.values[key] = quoted
	}
}

// str gives a string argument; numbers and booleans of a JSON body are given as they are written.
func (a args) str(key string) string {
	raw := a.values[key]
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func (a args) flag(key string) bool {
	s := a.str(key)
	return s == "true" || s == "1"
}

func (a args) number(key string, def int) int {
	if n, err := strconv.Atoi(a.str(key)); err == nil {
		return n
	}
	return def
}

// has says whether the argument was given and is not null or an empty string.
func (a args) has(key string) bool {
	s := a.str(key)
	return s != "" && s != "null"
}

// object gives an argument that is JSON: in a form a string of JSON, in a JSON body either that or the value itself.
func (a args) object(key string) json.RawMessage {
	if !a.has(key) {
		return nil
	}
	return json.RawMessage(a.str(key))
}
