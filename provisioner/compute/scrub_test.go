package compute

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestScrub(t *testing.T) {
	for _, test := range []struct{ reason, line, want string }{
		{"plain text stays", "ERROR 1054 (42S22): Unknown column 'age' in 'field list'", "ERROR 1054 (42S22): Unknown column 'age' in 'field list'"},
		{"commits stay", "at 0123456789abcdef0123456789abcdef01234567", "at 0123456789abcdef0123456789abcdef01234567"},
		{"image digests stay", "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
		{"URLs without a user stay", "GET https://example.com:8080/a/b?c 200", "GET https://example.com:8080/a/b?c 200"},
		{"a URL's user and password", "connect mysql2://qa_x:p%40ss@db.internal:3306/qa_x failed", "connect mysql2://[hidden]@db.internal:3306/qa_x failed"},
		{"a password with a slash or an at", "redis://:a/b@c@host:6379/1", "redis://[hidden]@host:6379/1"},
		{"a Go DSN", "dial admin:s3cr3t@tcp(db:3306)/x", "dial [hidden]@tcp(db:3306)/x"},
		{"assignments", "export DATABASE_URL=mysql://x FOO=bar baz", "export DATABASE_URL=[hidden] FOO=[hidden] baz"},
		{"quoted assignments", `SECRET="two words" next`, `SECRET=[hidden] next`},
		{"a quote that is never closed", `SECRET="two words`, `SECRET=[hidden]`},
		{"names of secrets", `{"password": "hunter2", "user":"ana"}`, `{"password": [hidden], "user":"ana"}`},
		{"ruby hashes", `:api_key => 'abc', :x => 1`, `:api_key => [hidden], :x => 1`},
		{"headers", "Authorization: Bearer abc.def.ghi-jkl", "Authorization: Bearer [hidden]"},
		{"options", "mysql -uqa -phunter2 --password=x --token y", "mysql -uqa -p[hidden] --password=[hidden] --token [hidden]"},
		{"SQL", "ALTER USER x IDENTIFIED BY 'hunter2'", "ALTER USER x IDENTIFIED BY [hidden]"},
		{"AWS key IDs", "key AKIAIOSFODNN7EXAMPLE used", "key [hidden] used"},
		{"AWS secret keys", "got wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.", "got [hidden]."},
		{"GitHub", "remote ghp_abcdefghijklmnopqrstuvwxyz0123456789", "remote [hidden]"},
		{"Slack", "using xoxb-1234567890-abcdef", "using [hidden]"},
		{"JSON web tokens", "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "jwt [hidden]"},
		{"colours", "\x1b[31;1mred\x1b[0m \x1b]0;title\x07plain", "red plain"},
		{"colours inside a secret do not hide it", "PASS\x1b[0mWORD=x", "PASSWORD=[hidden]"},
		{"control characters", "a\x00b\x08c\td", "abc d"},
		{"broken text", "a\xffb", "a\uFFFDb"},
		{"long lines", strings.Repeat("ä", 300), strings.Repeat("ä", 199) + "…"},
	} {
		if got := scrub(test.line); got != test.want {
			t.Errorf("%s: %q becomes %q, want %q", test.reason, test.line, got, test.want)
		}
	}
}

func TestScrubbedKeepsTheLastLines(t *testing.T) {
	var lines []string
	for range 20 {
		lines = append(lines, "line\n", "", "\x1b[0m")
	}
	lines = append(lines, "last\r\nvery last")
	got := scrubbed(lines, linesShown)
	if len(got) != linesShown || !slices.Equal(got[len(got)-3:], []string{"line", "last", "very last"}) {
		t.Errorf("shown are %q", got)
	}
}

func FuzzScrub(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b[31m", "mysql://a:b@c/d", "A=b", "password: x", "\x1b]0;", "-p"} {
		f.Add(seed, "hunter2")
	}
	f.Fuzz(func(t *testing.T, line, secret string) {
		got := scrub(line)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > longestLine || strings.ContainsFunc(got, unicode.IsControl) {
			t.Fatalf("%q becomes %q", line, got)
		}
		// A password of harmless characters never survives in a URL or an assignment, whatever stands around it.
		secret = "S3" + strings.Map(func(r rune) rune {
			if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				return r
			}
			return -1
		}, secret) + "cret"
		for _, shape := range []string{" mysql://user:" + secret + "@host/db ", " DATABASE_PASSWORD=" + secret + " "} {
			if strings.Contains(line, secret) {
				continue
			}
			if got := scrub(line + shape); strings.Contains(got, secret) {
				t.Fatalf("%q shows the secret: %q", line+shape, got)
			}
		}
	})
}
