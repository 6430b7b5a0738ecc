package app_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"qabot/cmd/internal/app"
)

const readme = "../../../README.md"

// TestReadmeAgreesWithWhatRuns holds the README's thread to a story's, and its table to the configuration.
func TestReadmeAgreesWithWhatRuns(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, content := range map[string]string{
		"thread":        "```\n" + readmeThread(t) + "```",
		"configuration": "| setting | default | |\n| --- | --- | --- |\n" + settings(reflect.TypeFor[app.Config](), ""),
	} {
		part := regexp.MustCompile(`(?s)<!-- ` + name + ` -->\n.*<!-- /` + name + ` -->`)
		if !part.MatchString(want) {
			t.Fatalf("the README has no part %s", name)
		}
		want = part.ReplaceAllLiteralString(want, fmt.Sprintf("<!-- %s -->\n%s\n<!-- /%s -->", name, strings.TrimRight(content, "\n"), name))
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("README.md does not say what runs; write it anew with: make golden")
	}
	if err := os.WriteFile(readme, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readmeThread is the thread of the story readme.txtar, as a reader of plain text likes it.
func readmeThread(t *testing.T) string {
	t.Helper()
	story, err := txtar.ParseFile("testdata/stories/readme.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var thread string
	for _, f := range story.Files {
		if f.Name == "thread.txt" {
			thread = string(f.Data)
		}
	}
	for from, to := range map[string]string{
		":white_check_mark:": "✅", ":card_file_box:": "🗃", ":arrow_up:": "⬆", ":broom:": "🧹", ":x:": "❌",
	} {
		thread = strings.ReplaceAll(thread, from, to)
	}
	thread = regexp.MustCompile(`<[^|<>]+\|([^<>]+)>`).ReplaceAllString(thread, "$1")
	// What differs from run to run is written as one of the runs had it.
	thread = regexp.MustCompile(`(?m)(app.*)qa\.localhost:PORT(.*admin.*)qa\.localhost:PORT`).ReplaceAllString(thread, "${1}qa.localhost:20001${2}qa.localhost:20002")
	thread = regexp.MustCompile(`(admin.*)qa\.localhost:PORT`).ReplaceAllString(thread, "${1}qa.localhost:20002")
	thread = strings.NewReplacer("qa.localhost:PORT", "qa.localhost:20001", "TIME", "8s", "DATE", "Nov 27 at 9:20 AM", "```\n", "", "    ```", "").Replace(thread)
	var lines []string
	for line := range strings.Lines(thread) {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return "ana: /qa up qa/hello\n" + strings.Join(lines, "")
}

// settings writes one row for each setting.
func settings(t reflect.Type, path string) string {
	var b strings.Builder
	for i := range t.NumField() {
		f := t.Field(i)
		name, kind := path+f.Tag.Get("yaml"), f.Type
		help := f.Tag.Get("help")
		if kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct {
			fmt.Fprintf(&b, "| `%s` | | %s |\n%s", name, help, settings(kind.Elem(), name+"[]."))
			continue
		}
		if kind.Kind() == reflect.Struct {
			b.WriteString(settings(kind, name+"."))
			continue
		}
		fallback := f.Tag.Get("default")
		if fallback != "" {
			fallback = "`" + fallback + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, fallback, help)
		if help == "" {
			panic("no help for " + name)
		}
	}
	return b.String()
}
