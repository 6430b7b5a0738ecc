package bot

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"qabot/store"
)

// constants reads the string constants of a file, by name.
func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, v := range spec.Values {
			if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				out[spec.Names[i].Name] = s
			}
		}
		return true
	})
	return out
}

// Every code has words, so a code that is new in the store cannot reach people as a code.
func TestEveryCodeHasWords(t *testing.T) {
	texts := english()
	files, err := filepath.Glob("codes*.go")
	if err != nil || len(files) < 3 {
		t.Fatalf("codes in %s (%v)", files, err)
	}
	for _, file := range append(files, "../store/codes.go", "labels.go", "text_time.go") {
		found := constants(t, file)
		if len(found) < 3 {
			t.Fatalf("%s: only %d constants found", file, len(found))
		}
		for name, code := range found {
			if texts.phrases[code].Say == "" {
				t.Errorf("%s: no words for %s (%q)", file, name, code)
			}
		}
	}
	for _, v := range verbs() {
		if texts.phrases["help."+v].Say == "" {
			t.Errorf("no help for %s", v)
		}
	}
	for _, side := range testStages() {
		for _, k := range side {
			for _, prefix := range []string{"stage.", "gone.", "thing."} {
				if texts.phrases[prefix+k.Sort()].Say == "" {
					t.Errorf("no words for %s%s", prefix, k.Sort())
				}
			}
		}
	}
}

// What went wrong comes with what it means and what to type next.
func TestFaultsSayWhatToDo(t *testing.T) {
	harmless := []string{
		store.Retrying, store.Paced, store.BuildQueued, store.BuildRunning, store.ImageThere, store.SchemaCreating, store.SchemaFilling, store.SchemaThere, store.SchemaShared,
		store.SchemaBestEffort, store.KeyspaceThere, store.KeyspaceShared, store.KeyspaceNumber,
		store.KeyspaceNumberShared, store.KeyspaceEmptied, store.KeyspaceEmptying, store.RedisThere, store.RouteThere, store.MigrationRunning, store.MigrationDone,
		store.TasksStarting, store.TasksUnhealthy, store.TasksRunning, store.ServiceDraining, store.ServiceAsleep, store.ServiceAsked,
		store.ProofGiven, store.ProofAsking, store.KeysKept, store.KeysTooMany, store.KeysRefused, store.KeysUnwalked,
	}
	texts := english()
	for name, code := range constants(t, "../store/codes.go") {
		if strings.HasPrefix(name, "Event") || strings.HasPrefix(name, "Thing") || strings.HasPrefix(name, "Drift") || strings.HasPrefix(name, "Unfit") || slices.Contains(harmless, code) {
			continue
		}
		p := texts.of(code)
		if p.Means == "" || p.Next == "" || !strings.HasSuffix(strings.TrimSpace(p.Next), ".") {
			t.Errorf("%s: %q says neither what it means nor what to do next", name, p.Say)
		}
	}
	for name, code := range constants(t, "codes.go") {
		if strings.HasPrefix(name, "Check") {
			if p := texts.of(code); p.Means == "" || p.Next == "" {
				t.Errorf("%s lacks the fixing step", name)
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{([^}]*)\}`)

func TestTemplatesAreWhole(t *testing.T) {
	for _, language := range Languages() {
		for code, s := range parts(catalogue(language)) {
			if strings.Count(s, "`")%2 != 0 || strings.Count(s, "*")%2 != 0 {
				t.Errorf("%s: a mark is not closed in %q", code, s)
			}
			for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
				name, form, _ := strings.Cut(m[1], ":")
				if _, err := strconv.Atoi(name); err != nil && !slices.Contains([]string{"cmd", "bot", "branch"}, name) {
					t.Errorf("%s: unknown name %q", code, m[0])
				}
				if !slices.Contains([]string{"", "span", "size", "date", "list", "word", "words"}, form) {
					t.Errorf("%s: unknown form %q", code, m[0])
				}
			}
		}
	}
}

func TestForeignWordsAreCode(t *testing.T) {
	texts := texts{phrases: map[string]phrase{"x": {Say: "No branch {0} in `{cmd} {0}`."}}}.with("cmd", "/qa")
	got := texts.flat(texts.of("x").Say, "<!channel> *a* `b`")
	const want = "No branch `&lt;!channel&gt; *a* 'b'` in `/qa &lt;!channel&gt; *a* 'b'`."
	if got != want {
		t.Errorf("flat gives %s\nwant       %s", got, want)
	}
}
