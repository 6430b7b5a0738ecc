package bot

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"qabot/store"
)

// part is one template of the catalogue by its place, such as "label.up Say".
func parts(t texts) map[string]string {
	out := map[string]string{}
	for code, p := range t.phrases {
		out[code+" Say"], out[code+" Means"], out[code+" Next"] = p.Say, p.Means, p.Next
	}
	return out
}

// Every language says the same things with the same arguments, so that nobody is spoken to in two languages at once.
func TestLanguagesAreComplete(t *testing.T) {
	// Arguments that one language needs and another does not, on purpose.
	onPurpose := map[string]string{}
	en := parts(english())
	for _, language := range Languages()[1:] {
		other := parts(catalogue(language))
		for _, place := range slices.Sorted(maps.Keys(en)) {
			said, ok := other[place]
			if !ok || (said == "") != (en[place] == "") {
				t.Errorf("%s: no words in %q for %q (add them to text_%s_*.go)", place, language, en[place], language)
				continue
			}
			if a, b := marks(en[place]), marks(said); !slices.Equal(a, b) && onPurpose[place] == "" {
				t.Errorf("%s: %s has the arguments %s, English has %s", place, language, b, a)
			}
		}
		for _, place := range slices.Sorted(maps.Keys(other)) {
			if _, ok := en[place]; !ok {
				t.Errorf("%s: no words in English for %q", place, other[place])
			}
		}
	}
}

// marks are the placeholders of a template, each once. The name of the bot is none: where English says I, Japanese says it.
func marks(template string) []string {
	found := map[string]bool{}
	for _, m := range placeholder.FindAllString(template, -1) {
		found[m] = m != "{bot}"
	}
	maps.DeleteFunc(found, func(_ string, counts bool) bool { return !counts })
	return slices.Sorted(maps.Keys(found))
}

var codeSpan = regexp.MustCompile("`[^`]*`")

// namesInJapanese are Latin words that Japanese people write so.
var namesInJapanese = regexp.MustCompile(`^(` + strings.Join([]string{
	"AWS", "API", "IP", "IPv4", "ECS", "ECR", "CodeBuild", "Service", "Quotas", "Linux", "Docker", "Hub", "Dockerfile", "buildspec", "MiB", "App", "ID", "URL", "HTTPS", "Git", "GitHub", "MySQL", "Redis", "Slack", "staging",
	`\d+[mhdw]`,
	`xoxb-`, `xapp-`, `api\.slack\.com/apps`, `slack\.com`, `OAuth`, `Permissions`, `Basic`, `Information`, `App-Level`, `Tokens`, `Contents`, `Metadata`, `connections:write`, `JSON`, `CloudWatch`,
}, "|") + `)$`)

var latinWord = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9.:/_-]*`)

// No English is left in the Japanese catalogue, but for names.
func TestJapaneseIsJapanese(t *testing.T) {
	for place, said := range parts(japanese()) {
		bare := placeholder.ReplaceAllString(codeSpan.ReplaceAllString(said, " "), " ")
		for _, word := range latinWord.FindAllString(bare, -1) {
			if strings.ContainsFunc(word, unicode.IsLetter) && !namesInJapanese.MatchString(word) {
				t.Errorf("%s: %q is not Japanese (a name? then add it to namesInJapanese) in %q", place, word, said)
			}
		}
	}
}

var japanese1 = `[\p{Han}\p{Hiragana}\p{Katakana}ー]`

var tight = regexp.MustCompile("[A-Za-z0-9`}]" + japanese1 + "|" + japanese1 + "[A-Za-z0-9`{]")

var ownForms = regexp.MustCompile(`\{\d+:(span|word)\}`)

// Latin words, digits, names and code stand apart from Japanese letters by a space, and not from Japanese punctuation. Slack
// recognises code and bold only between spaces or punctuation.
func TestJapaneseIsSpaced(t *testing.T) {
	loose := regexp.MustCompile(`[、。「」（）] | [、。「」（）]`)
	for place, said := range parts(japanese()) {
		// A length of time and a word end as Japanese does.
		said := codeSpan.ReplaceAllString(strings.ReplaceAll(said, "*", ""), "`x`")
		said = ownForms.ReplaceAllString(said, "1 秒")
		if m := tight.FindString(said); m != "" {
			t.Errorf("%s: a space is missing in %q of %q", place, m, said)
		}
		if m := loose.FindString(said); m != "" {
			t.Errorf("%s: a space too many at %q of %q", place, m, said)
		}
		if strings.HasSuffix(said, " ") || strings.ContainsAny(said, "，．！　()") {
			t.Errorf("%s: a space at the end, or a character of another width: %q", place, said)
		}
	}
}

// Where Slack has room for so many characters only, the words of both languages fit: what stands in a button, a title or an
// option is looked for in the source, so that a new one is not forgotten.
func TestShortPlacesHaveShortWords(t *testing.T) {
	codes := map[string]string{}
	for _, file := range sources(t) {
		maps.Copy(codes, constants(t, file))
	}
	places := 0
	for _, file := range sources(t) {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			most, said := room(call)
			if most == 0 {
				return true
			}
			for _, code := range codesIn(said, codes) {
				for _, language := range Languages() {
					words := catalogue(language).of(code).Say
					places++
					if n := utf8.RuneCountInString(placeholder.ReplaceAllString(words, "")); n > most {
						t.Errorf("%s: %s in %q has %d characters, there is room for %d: %q", file, code, language, n, most, words)
					}
				}
			}
			return true
		})
	}
	if places < 20 {
		t.Errorf("only %d short places were found", places)
	}
}

// room tells how many characters a call has room for, and which of its arguments is shown.
func room(call *ast.CallExpr) (most int, said ast.Expr) {
	name, ok := call.Fun.(*ast.Ident)
	if !ok {
		return 0, nil
	}
	switch {
	case name.Name == "button" && len(call.Args) == 3:
		return 75, call.Args[2]
	case name.Name == "plainText" && len(call.Args) == 2:
		if lit, ok := call.Args[1].(*ast.BasicLit); ok {
			most, _ = strconv.Atoi(lit.Value)
			return most, call.Args[0]
		}
	}
	return 0, nil
}

// codesIn gives the codes of the catalogue that an expression names.
func codesIn(e ast.Expr, codes map[string]string) []string {
	var out []string
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if code, ok := codes[n.Name]; ok {
				out = append(out, code)
			}
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				if _, ok := english().phrases[s]; ok {
					out = append(out, s)
				}
			}
		}
		return true
	})
	return out
}

// sources are the files of this package, tests left out.
func sources(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
	if len(files) < 20 {
		t.Fatalf("only %d sources found in %s", len(files), must(os.Getwd()))
	}
	return files
}

func must[T any](v T, _ error) T { return v }

func TestFormsOfArguments(t *testing.T) {
	const at = "2026-11-24T09:20:00Z"
	for _, c := range []struct{ language, template, arg, flat, plain string }{
		{English, "for {0:span}.", "1m2s", "for 1m 2s.", "for 1m 2s."},
		{Japanese, "あと {0:span}", "51h0m0s", "あと 2 日 3 時間", "あと 2 日 3 時間"},
		{English, "of {0:list}", "a, b", "of `a, b`", "of a, b"},
		{Japanese, "{0:list} から", "a, b", "`a、b` から", "a、b から"},
		{English, "until {0:date}", at, "until <!date^1795512000^{date_short_pretty} at {time}|2026-11-24 09:20 UTC>", "until 2026-11-24 09:20 UTC"},
		{Japanese, "{0:date} まで", at, "<!date^1795512000^{date_short_pretty} {time}|2026-11-24 09:20 UTC> まで", "2026-11-24 09:20 UTC まで"},
		{Japanese, "依頼: {0:word}", "verb.down", "依頼: 削除", "依頼: 削除"},
		{English, "for {0:span}, {1}.", "<!here>", "for `&lt;!here&gt;`, .", "for <!here>, ."},
		{English, "on {0:date}", "never", "on `never`", "on never"},
	} {
		words := catalogue(c.language)
		if got := words.flat(c.template, c.arg); got != c.flat {
			t.Errorf("flat %q: %s, want %s", c.template, got, c.flat)
		}
		if got := words.plain(c.template, c.arg); got != c.plain {
			t.Errorf("plain %q: %s, want %s", c.template, got, c.plain)
		}
	}
}

// What AWS or MySQL says in the middle of our sentences ends where their sentence ends.
func TestForeignSentencesEnd(t *testing.T) {
	for _, c := range []struct{ language, reason, want string }{
		{English, "it was killed", "It did not stay up: it was killed. The new version does not"},
		{English, "it was killed.", "It did not stay up: it was killed. The new version does not"},
		{Japanese, "it was killed", "起動した状態を維持できませんでした: it was killed。新しいバージョンは"},
		{Japanese, "it was killed.", "起動した状態を維持できませんでした: it was killed. 新しいバージョンは"},
	} {
		words, args := catalogue(c.language), []string{c.reason}
		if got := words.plain(words.whole(words.of(store.RolloutFailed), args), args...); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q in %s: %s", c.reason, c.language, got)
		}
	}
}

// A few words that stand alone in a checklist become a sentence where others follow.
func TestSentencesEnd(t *testing.T) {
	for _, c := range []struct{ language, want string }{
		{English, "AWS has no room free (ENI); it is asked again and again. Nothing is wrong"},
		{Japanese, "AWS に空きがないため（ENI）、起動を繰り返し要求しています。このバージョンに"},
	} {
		words, args := catalogue(c.language), []string{"ENI"}
		if got := words.plain(words.whole(words.of(store.TasksNoRoom), args), args...); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s", c.language, got)
		}
		for code, p := range words.phrases {
			if strings.HasPrefix(code, "help.") || strings.HasPrefix(code, "example.") || p.Means+p.Next == "" {
				continue
			}
			said := words.whole(p, []string{"a", "b", "c", "d"})
			for _, part := range []string{p.Say, p.Means} {
				if _, rest, ok := strings.Cut(said, part); part != "" && ok && rest != "" && !strings.ContainsAny(lastRune(part)+firstRune(rest), ".!?…:。！？") {
					t.Errorf("%s in %s runs on: %s", code, words.language, said)
				}
			}
		}
	}
}

func lastRune(s string) string  { _, n := utf8.DecodeLastRuneInString(s); return s[len(s)-n:] }
func firstRune(s string) string { _, n := utf8.DecodeRuneInString(s); return s[:n] }
