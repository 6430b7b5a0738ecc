package bot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"qabot/bot/githubsim"
	"qabot/store"
)

const testThread = "https://acme.slack.com/archives/C01QA/p1"

// journal is what the stories of the examples left behind.
func journal() []store.Event {
	return []store.Event{
		{N: 1, Code: store.EventMigrated, Commit: commit1, Took: time.Minute, Changes: []store.Change{{Table: "old", What: "table", Is: "x"}}},
		{N: 2, Code: store.EventMigrated, Commit: commit2, Took: 3 * time.Second, Detail: store.Say("", "seeded"), Changes: []store.Change{
			{Table: "orders", What: "table", Is: "CREATE TABLE orders"}, {Table: "users", What: "column", Name: "age", Was: "int"},
			{Table: "users", What: "column", Name: "name", Was: "varchar(50)", Is: "varchar(100)"},
		}},
		{N: 3, Code: store.EventFailed, Kind: "migration", Generation: 2, Detail: store.Say(store.MigrationFailed, "migrate"), URL: "https://logs.example.com/x", Lines: []string{
			"running 0042_totals", "\x1b[31mERROR 1054: Unknown column 'age'\x1b[0m", "```", "exit status 1 @here",
		}},
		{N: 4, Code: store.EventReady, Generation: 2, Commit: commit2, Took: 242 * time.Second},
	}
}

func TestGoldenComments(t *testing.T) {
	withFirst := func(e *store.Environment) { e.Status.Serving = commit1; e.Status.Seen["route/app"] = served("app") }
	for _, language := range Languages() {
		for name, change := range map[string]func(*store.Environment){
			"queued":    func(e *store.Environment) { e.Status = store.Status{} },
			"deploying": nil,
			"pushed":    withFirst,
			"up":        up,
			"proven": func(e *store.Environment) {
				up(e)
				for _, k := range []store.Kind{"service/app", "service/admin"} {
					o := e.Status.Seen[k]
					o.Proof = store.Say(store.ProofGiven, commit2)
					e.Status.Seen[k] = o
				}
			},
			"unproven": func(e *store.Environment) {
				up(e)
				o := e.Status.Seen["service/app"]
				o.Proof = store.Say(store.ProofOther, commit1, commit2)
				e.Status.Seen["service/app"], e.Status.Serving = o, ""
			},
			"unasked": func(e *store.Environment) {
				up(e)
				o := e.Status.Seen["service/app"]
				o.Proof = store.Say(store.ProofAsking)
				e.Status.Seen["service/app"], e.Status.Serving = o, ""
			},
			"forever":  func(e *store.Environment) { up(e); e.Spec.ExpiresAt = time.Time{} },
			"failed":   func(e *store.Environment) { failed(e); withFirst(e) },
			"never":    func(e *store.Environment) { failed(e); e.Status.Serving = "" },
			"asleep":   func(e *store.Environment) { up(e); e.Spec.Asleep = true },
			"removing": removing,
			"removed":  removed,
			"deleted":  func(e *store.Environment) { removed(e); e.Spec.Asked.Verb = verbDeleted },
			"expired":  func(e *store.Environment) { removed(e); e.Spec.Released = false; e.Spec.ExpiresAt = noon },
		} {
			s := settledIn(language, change)
			n := s.news(journal(), testThread)
			var b strings.Builder
			fmt.Fprintln(&b, n.comment)
			fmt.Fprintln(&b, "---")
			for _, x := range []struct {
				what string
				hubState
			}{{"deployment", n.deployment}, {"replaced", n.replaced}, {"superseded", n.superseded}, {"status", n.status}, {"unserved", n.unserved}, {"ended", n.ended}} {
				fmt.Fprintf(&b, "%s: %s | %s | %s | %s\n", x.what, x.State, x.Line, x.URL, x.Log)
			}
			goldenText(t, filepath.Join("testdata", "github", language, name+".md"), b.String())
		}
	}
}

func served(role string) store.Observation {
	return store.Observation{State: store.Ready, Detail: store.Say(store.RouteThere), URL: "https://feature-login-" + role + ".qa.example.com"}
}

func goldenText(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./bot -update writes it)", err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is told now; go test ./bot -update rewrites it\n%s", file, got)
	}
}

// Time alone changes nothing of what GitHub is told.
func TestNewsLeavesGrowingTimeOut(t *testing.T) {
	for name, change := range map[string]func(*store.Environment){"deploying": nil, "up": up, "failed": failed, "removing": removing, "removed": removed} {
		a, b := settled(change), settled(change)
		b.now = b.now.Add(time.Hour)
		x, y := a.news(journal(), testThread), b.news(journal(), testThread)
		if x.comment != y.comment || x.deployment != y.deployment || x.status != y.status {
			t.Errorf("%s: the news changes with time alone", name)
		}
	}
}

var (
	// zeroWidth disarms a mention; rawAllowed is the HTML that is ours.
	mentions   = regexp.MustCompile(`[@#][0-9A-Za-z]`)
	rawAllowed = regexp.MustCompile(`^(<details><summary>[^<>@#]*</summary>|</details>|<!-- qabot:[a-z0-9-]+ -->)\n?$`)
)

// Whatever other people wrote, GitHub takes the comment, and in it they can neither mention anybody nor make links, headings
// or HTML: outside of code there are only our own words. The judge is a real Markdown parser.
func TestCommentsHoldForeignWords(t *testing.T) {
	nasty := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "@acme/everybody", "#12 fixes acme/shop#12", "`", "```", "``` `` `", "~~~", "</details>", "<!-- qabot:x -->", "<img src=x onerror=alert(1)>",
			"[a](https://evil.example.com)", "![a](https://evil.example.com/x.png)", "https://evil.example.com", "a|b\nc", "# head", "- list", "* * *", "\\`", "\\",
			strings.Repeat("x", 5000), strings.Repeat("日本", 300), "\r\n\r\n# @ana", "$`x`$", "a``b`c```d", "    four", "&#64;ana", "_*~", "a@example.com",
		}),
		rapid.String(),
		rapid.StringMatching("[`@#<>\\\\*_~a \n\\[\\]()|-]{0,30}"),
	)
	urls := rapid.Map(nasty, func(s string) string { return "https://x.example.com/" + s })
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	rapid.Check(t, func(t *rapid.T) {
		e := example()
		rapid.SampledFrom([]func(*store.Environment){func(*store.Environment) {}, up, failed, removing, removed}).Draw(t, "phase")(&e)
		e.Spec.Branch, e.Spec.Commit = nasty.Draw(t, "branch"), nasty.Draw(t, "commit")
		e.Spec.Repo = nasty.Draw(t, "repo")
		e.Status.Serving = rapid.SampledFrom([]string{"", e.Spec.Commit, nasty.Draw(t, "serving")}).Draw(t, "serves")
		for _, k := range []store.Kind{"service/app", "route/app", "migration", "odd"} {
			o := e.Status.Seen[k]
			o.URL = urls.Draw(t, "url")
			o.Detail = store.Say(rapid.SampledFrom([]string{store.BuildFailed, store.RolloutFailed, store.SchemaRefused, store.BuildQuota}).Draw(t, "code"), nasty.Draw(t, "arg"), nasty.Draw(t, "arg"))
			if rapid.Bool().Draw(t, "fails") {
				o.State = store.Failed
			}
			e.Status.Seen[k] = o
		}
		events := []store.Event{
			{Code: store.EventMigrated, Commit: e.Spec.Commit, Took: time.Second, Changes: []store.Change{
				{Table: nasty.Draw(t, "table"), What: "column", Name: nasty.Draw(t, "name"), Was: nasty.Draw(t, "was"), Is: nasty.Draw(t, "is")}}},
			{Code: store.EventFailed, Generation: 2, Lines: rapid.SliceOfN(nasty, 0, 40).Draw(t, "lines"), URL: urls.Draw(t, "log")},
		}
		s := newScene(Options{Command: "/qa"}.words(rapid.SampledFrom(Languages()).Draw(t, "language")), testApp(), e, noon, "https://github.com")
		n := s.news(events, rapid.SampledFrom([]string{"", testThread}).Draw(t, "thread"))
		if !utf8.ValidString(n.comment) || utf8.RuneCountInString(n.comment) > githubsim.MaxComment {
			t.Fatalf("GitHub would not take %d characters", utf8.RuneCountInString(n.comment))
		}
		for _, x := range []hubState{n.deployment, n.replaced, n.superseded, n.status, n.unserved, n.ended} {
			if utf8.RuneCountInString(x.Line) > longestLine || strings.ContainsAny(x.Line, "\r\n") {
				t.Fatalf("a line of %d characters: %q", utf8.RuneCountInString(x.Line), x.Line)
			}
		}
		source := []byte(n.comment)
		heads := 0
		err := ast.Walk(markdown.Parser().Parse(gmtext.NewReader(source)), func(node ast.Node, entering bool) (ast.WalkStatus, error) {
			if !entering {
				return ast.WalkContinue, nil
			}
			switch node := node.(type) {
			case *ast.CodeSpan, *ast.FencedCodeBlock:
				return ast.WalkSkipChildren, nil
			case *ast.CodeBlock, *ast.Image, *ast.RawHTML, *ast.Blockquote, *ast.ThematicBreak:
				return ast.WalkStop, fmt.Errorf("there is a %s", node.Kind())
			case *ast.HTMLBlock:
				if html := string(blockText(node, source)); !rawAllowed.MatchString(html) {
					return ast.WalkStop, fmt.Errorf("there is the HTML %q", html)
				}
			case *ast.Heading:
				if heads++; heads > 1 || node.Level != 3 {
					return ast.WalkStop, fmt.Errorf("heading %d of level %d", heads, node.Level)
				}
			case *ast.Link:
				if to := string(node.Destination); !linked(to) {
					return ast.WalkStop, fmt.Errorf("a link to %s", to)
				}
			case *ast.AutoLink:
				if to := string(node.URL(source)); !linked(to) {
					return ast.WalkStop, fmt.Errorf("a link to %s", to)
				}
				return ast.WalkSkipChildren, nil
			case *ast.Text:
				if m := mentions.Find(node.Value(source)); m != nil {
					return ast.WalkStop, fmt.Errorf("a mention: %q in %q", m, node.Value(source))
				}
			}
			return ast.WalkContinue, nil
		})
		if err != nil {
			t.Fatalf("%v in\n%s", err, n.comment)
		}
		if heads != 1 {
			t.Fatalf("%d headings in\n%s", heads, n.comment)
		}
	})
}

// linked tells whether the address of a link is one that the comment was given to show.
func linked(address string) bool {
	return slices.ContainsFunc([]string{"https://github.com/", "https://x.example.com/", "https://feature-login-", testThread}, func(begins string) bool {
		return strings.HasPrefix(address, begins)
	})
}

func blockText(node *ast.HTMLBlock, source []byte) []byte {
	var b bytes.Buffer
	for i := range node.Lines().Len() {
		line := node.Lines().At(i)
		b.Write(line.Value(source))
	}
	return b.Bytes()
}

func TestCodeSpans(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {" \n ", ""}, {"a", "`a`"}, {"a`b", "``a`b``"}, {"`", "`` ` ``"}, {"``x", "``` ``x ```"}, {"a\nb\x00c", "`a bc`"}, {"@ana #1", "`@ana #1`"},
	} {
		if got := mdCode(c.in); got != c.want {
			t.Errorf("%q becomes %s, want %s", c.in, got, c.want)
		}
	}
}
