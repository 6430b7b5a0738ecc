package githubsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// fuzzed is a server with one repository, one commit, one branch beside main and one pull request.
func fuzzed(f *testing.F) *Server {
	f.Helper()
	var clock atomic.Int64 // a second goes by with every look, so that no rate limit is met
	s, err := New(Options{Dir: f.TempDir(), Token: "t", Poll: time.Hour, Now: func() time.Time { return time.Unix(clock.Add(1), 0) }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	if _, err := s.AddRepository("acme", "shop"); err != nil {
		f.Fatal(err)
	}
	repo, ctx := s.repository("acme", "shop"), f.Context()
	parents := []string{}
	for _, branch := range []string{"main", "qa/x"} {
		hash, err := s.git.commitTree(ctx, repo.dir, emptyTree, "Say "+branch, s.person("ana"), parents...)
		if err != nil {
			f.Fatal(err)
		}
		if err := s.git.moveRef(ctx, repo.dir, "refs/heads/"+branch, hash, ""); err != nil {
			f.Fatal(err)
		}
		parents = append(parents, hash)
	}
	if _, err := s.OpenPull(ctx, "acme", "shop", NewPull{Branch: "qa/x"}); err != nil {
		f.Fatal(err)
	}
	return s
}

// Whatever is asked of the API, the answer is JSON and never the server's own failure.
func FuzzAPI(f *testing.F) {
	s := fuzzed(f)
	methods := []string{"GET", "POST", "PATCH", "PUT", "DELETE"}
	for _, seed := range []struct {
		method            int
		path, query, body string
	}{
		{0, "branches/qa%2Fx", "", ""}, {0, "git/ref/heads/qa/x", "", ""}, {0, "git/matching-refs/heads/", "per_page=1&page=2", ""},
		{0, "commits", "sha=qa/x&page=9999999999", ""}, {0, "commits/heads/qa/x/status", "", ""}, {0, "commits/--output=x", "", ""},
		{0, "pulls", "state=all&head=acme:qa/x&sort=popularity", ""}, {1, "pulls", "", `{"title":"x","head":"a:b","base":"main"}`},
		{2, "pulls/1", "", `{"state":"closed","title":null}`}, {3, "pulls/1/merge", "", `{"merge_method":"squash"}`},
		{1, "issues/1/labels", "", `["a",{}]`}, {4, "issues/1/labels/a%2Fb", "", ""}, {1, "issues/1/comments", "", `{"body":"x"}`},
		{0, "issues/1/comments", "since=yesterday", ""}, {1, "deployments", "", `{"ref":"qa/x","payload":[1],"required_contexts":["a"]}`},
		{1, "git/refs", "", `{"ref":"refs/heads/a b","sha":"0000000000000000000000000000000000000000"}`}, {4, "git/refs/heads/../x", "", ""},
		{1, "statuses/qa", "", `{"state":"success"}`}, {0, "environments/a%2Fb", "", ""}, {0, "issues/-1/x", "", "\x00"},
	} {
		f.Add(seed.method, seed.path, seed.query, seed.body)
	}
	f.Fuzz(func(t *testing.T, method int, path, query, body string) {
		full := "/api/v3/repos/acme/shop/" + path
		plain, err := url.PathUnescape(full)
		if err != nil {
			plain = full
		}
		r := (&http.Request{
			Method: methods[uint(method)%uint(len(methods))], URL: &url.URL{Path: plain, RawPath: full, RawQuery: query},
			Header: http.Header{"Authorization": {"token t"}}, Host: "localhost", Body: io.NopCloser(strings.NewReader(body)),
			ContentLength: int64(len(body)),
		}).WithContext(t.Context())
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %s?%s %q: %d %s", r.Method, full, query, body, w.Code, w.Body)
		}
		if out := w.Body.Bytes(); w.Code != http.StatusNoContent && w.Code != http.StatusTemporaryRedirect && w.Code != http.StatusMovedPermanently && !json.Valid(out) {
			t.Fatalf("%s %s: %d %q", r.Method, full, w.Code, out)
		}
	})
}

// Only one token is the App's, however close another comes.
func FuzzVerify(f *testing.F) {
	f.Add("e30.e30.e30")
	f.Add("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjQyLCJpYXQiOjFlMzA4LCJleHAiOi0xfQ.AAAA")
	f.Add("..")
	app := &App{ID: 42, Slug: "qabot", Key: fuzzKey(f)}
	f.Fuzz(func(t *testing.T, token string) {
		if err := app.verify(token, time.Unix(1, 0)); err == nil || !Refused(err) {
			t.Errorf("%q: %v", token, err)
		}
	})
}

func FuzzParseCommit(f *testing.F) {
	good := strings.Join([]string{"h", "t", "p q", "Ana", "ana@x", "2026-03-01T10:00:00+01:00", "Ana", "ana@x", "2026-03-01T10:00:00+01:00", "Title\n\nBody\n", "\n\nA\ta\nM\tb\n"}, fieldMark)
	f.Add(good)
	f.Add(strings.Replace(good, "2026", "x", 1))
	f.Add("")
	f.Fuzz(func(t *testing.T, record string) {
		c, err := parseCommit(record)
		if err == nil && (c.author.at.IsZero() && !strings.Contains(record, "0001-01-01") || strings.HasSuffix(c.message, "\n")) {
			t.Errorf("%q: %+v", record, c)
		}
	})
}

// What people write never becomes a program on the page.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{
		"| a | b |\n|---|---|\n| c | <http://x> |", "<details open><summary>x</summary>\n\n```diff\n+a\n```\n</details>", "<script>alert(1)</script>",
		"[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "<a href=\"java\nscript:x\">y</a>", "<svg><style><img src=x onload=y>", "![](data:text/html,x)",
		"<!-- hidden -->", "<form action=/x><button>Merge</button></form>",
	} {
		f.Add(seed)
	}
	m := newMarkdown()
	allowed := map[string]bool{"http": true, "https": true, "mailto": true, "": true}
	f.Fuzz(func(t *testing.T, text string) {
		out := m.render(text)
		doc, err := html.Parse(bytes.NewReader([]byte(out)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			switch n.Data {
			case "script", "style", "form", "button", "iframe", "object", "embed", "svg", "base", "meta":
				if n.Type == html.ElementNode {
					t.Fatalf("%q made <%s>: %s", text, n.Data, out)
				}
			}
			for _, a := range n.Attr {
				u, err := url.Parse(a.Val)
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || (a.Key == "href" || a.Key == "src") && (err != nil || !allowed[u.Scheme]) {
					t.Fatalf("%q made %s=%q", text, a.Key, a.Val)
				}
			}
		}
	})
}

// Scripts' calls about what is there answer in JSON, whatever they send.
func FuzzControl(f *testing.F) {
	s := fuzzed(f)
	calls := []string{"open", "edit", "merge", "comment", "branch", "delete-branch", "fork", "rename", "transfer", "redeliver"}
	f.Add(0, `{"repository":"acme/shop","branch":"qa/x","fork":true,"by":"../x"}`)
	f.Add(1, `{"repository":"acme/shop","number":1,"label":["",","],"state":"x"}`)
	f.Add(4, `{"repository":"acme/shop","branch":"a..b","from":"-x"}`)
	f.Add(6, `{"repository":"acme/shop","to":"../../x"}`)
	f.Add(7, `{"repository":"/","to":""}`)
	f.Fuzz(func(t *testing.T, call int, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/control/"+calls[uint(call)%uint(len(calls))], strings.NewReader(body))
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%s %q: %d %s", r.URL.Path, body, w.Code, w.Body)
		}
	})
}
