package schema

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"qabot/store"
	"qabot/store/servers/servertest"
)

func TestNamesAreLegal(t *testing.T) {
	legal := regexp.MustCompile(`^qa_[a-z0-9_]+$`)
	rapid.Check(t, func(t *rapid.T) {
		app, branch := rapid.String().Draw(t, "app"), rapid.String().Draw(t, "branch")
		id := store.NewID("test", app, branch)
		name, account := Name(app, id), Account(id)
		if !legal.MatchString(name) || len(name) > 64 || !strings.HasSuffix(name, id.Underscored()) {
			t.Errorf("schema %q for app %q", name, app)
		}
		for _, beside := range []string{nextName(app, id), pastName(app, id)} {
			if !legal.MatchString(beside) || len(beside) > 64 || !strings.HasSuffix(beside, id.Underscored()) {
				t.Errorf("schema %q for app %q", beside, app)
			}
		}
		if !legal.MatchString(account) || len(account) > 32 {
			t.Errorf("account %q", account)
		}
		if n := neighbour(name); n == name || len(n) != len(name) {
			t.Errorf("neighbour %q of %q", n, name)
		}
	})
}

// FuzzQuote asks the server itself what it takes a quoted name for.
func FuzzQuote(f *testing.F) {
	for _, name := range []string{"qa_a", "a`b", "``", "`; DROP DATABASE mysql; --", `a\`, "a.b", " ", "ü", `\`} {
		f.Add(name)
	}
	db := rootOf(f)
	f.Fuzz(func(t *testing.T, name string) {
		if !inNames(name) {
			return
		}
		rows, err := db.QueryContext(t.Context(), "SELECT 1 AS "+quote("x"+name+"x"))
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		defer rows.Close()
		got, err := rows.Columns()
		if err != nil || len(got) != 1 || got[0] != "x"+name+"x" {
			t.Errorf("%q was taken for %q (%v)", name, got, err)
		}
	})
}

// FuzzLiteral asks the server itself what it takes a literal for.
func FuzzLiteral(f *testing.F) {
	for _, text := range []string{"", "a'b", `\`, `\'`, "'; DROP DATABASE mysql; --", "\x00", "ü", `Qa-7ABC`} {
		f.Add(text)
	}
	db := rootOf(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		var got string
		if err := db.QueryRowContext(t.Context(), "SELECT "+literal(text)).Scan(&got); err != nil || got != text {
			t.Errorf("%q was taken for %q (%v)", text, got, err)
		}
	})
}

func TestPattern(t *testing.T) {
	for name, want := range map[string]string{"qa_a_b": `qa\_a\_b`, "a%": `a\%`, `a\b`: `a\\b`, "plain": "plain"} {
		if got := pattern(name); got != want {
			t.Errorf("pattern of %q is %q, want %q", name, got, want)
		}
	}
}

func TestAddressKeepsAnyPassword(t *testing.T) {
	a := address{scheme: "mysql", host: "h:1", account: "qa_x", name: "qa_app_x"}
	rapid.Check(t, func(t *rapid.T) {
		a := a
		a.password = rapid.StringN(1, 40, -1).Draw(t, "password")
		kept := a.String()
		if !a.fits(kept) || passwordIn(kept) != a.password {
			t.Errorf("%q came back as %q", a.password, passwordIn(kept))
		}
	})
	for _, kept := range []string{"", "mysql://h/", "%", "mysql://qa_x:pw@other/qa_app_x", "mysql://qa_y:pw@h:1/qa_app_x", "mysql://qa_x@h:1/qa_app_x"} {
		if a.fits(kept) {
			t.Errorf("%q is taken for the address", kept)
		}
	}
	if seen := newPassword(); seen == newPassword() || len(seen) < 30 {
		t.Errorf("a password is %d characters, or twice the same", len(seen))
	}
}

// inNames tells whether the server allows it in names: up to 62 characters, none a NUL or longer than three bytes.
func inNames(name string) bool {
	if utf8.RuneCountInString(name) > longest-2 {
		return false
	}
	for _, r := range name {
		if r == 0 || r == utf8.RuneError || r > 0xFFFF {
			return false
		}
	}
	return true
}

func rootOf(f *testing.F) *sql.DB {
	f.Helper()
	s, err := Open(Options{DSN: servertest.MySQL(f).DSN, Installation: "test"}, &shelf{}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	return s.db
}
