package bot

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"qabot/store"
)

const stories = "../cmd/internal/app/testdata/stories"

// notPlayed are faults and answers that no story has, with the reason. The gallery shows them.
func notPlayed() map[string]string {
	const (
		odd   = "needs a server that is set up in an odd way"
		brief = "is seen for a moment only"
		world = "needs another world than the stories have"
		inner = "needs a fault of our own"
	)
	return map[string]string{
		store.Broke: inner, answerWrong: inner, answerNotKept: inner, answerDone: inner,
		store.SchemaUnfitKept: odd, store.SchemaUnmaskedKept: odd, store.SchemaRefusedKept: odd, store.SchemaNotCopiedKept: odd,
		store.SchemaUnfit: odd, store.SchemaUnmasked: odd, store.SchemaNotCopied: odd, store.SchemaNoSource: odd, store.SchemaMaking: brief,
		store.SchemaUnisolated: odd, store.SchemaRefused: odd, store.SchemaBlocked: odd, store.PortTaken: odd, store.ListenerMissing: odd,
		store.KeyspaceRefused: odd, store.KeyspaceUnisolated: odd, store.KeyspaceCrowded: odd, store.RedisNoAddress: odd,
		store.SaveNoRoom: odd, answerNoData: brief, answerCopying: world,
		store.TaskNoSecret: odd, store.TaskNoStart: odd, store.TaskUnfit: odd, store.TasksAnswering: brief,
		store.ProofOther: world, store.ProofSilent: world, store.ProofStatus: world, store.ProofText: world,
		store.RolloutFailed: brief, store.RolledBack: brief, store.Retrying: brief, store.Paced: brief,
		answerNothingOlder: brief, answerLooking: brief, answerMoved: brief, answerTooLate: brief, answerManyStrays: world,
		answerLongEnough: world, answerRepoHidden: world, answerNoAnswer: world, answerWhichPull: world, answerUnknownApp: world,
	}
}

// Every command is typed in a story, and every fault and answer is read in the thread of one, in both languages, but for those
// of notPlayed.
func TestEverythingIsPlayed(t *testing.T) {
	typed, read := played(t)
	for _, v := range verbs() {
		if !regexp.MustCompile(`(?m)^(?:say|say-in '[^']*'|reply|reply-to) \w+ '(?:/qa|@qabot) ` + v + `\b`).MatchString(typed) {
			t.Errorf("no story types %s", v)
		}
	}
	excused := notPlayed()
	for _, code := range toBePlayed(t) {
		missing := 0
		for _, language := range Languages() {
			said := catalogue(language).of(code).Say
			if pattern(said).MatchString(read[language]) {
				continue
			}
			if missing++; excused[code] == "" {
				t.Errorf("%s is in no story's thread in %s: %s", code, language, said)
			}
		}
		if missing == 0 && excused[code] != "" {
			t.Errorf("%s is in a story: take it out of notPlayed", code)
		}
		delete(excused, code)
	}
	for code := range excused {
		t.Errorf("%s is no code, but in notPlayed", code)
	}
}

// toBePlayed are the faults of the store, and the bot's answers.
func toBePlayed(t *testing.T) (codes []string) {
	for _, file := range append([]string{"../store/codes.go"}, sources(t)...) {
		for name, code := range constants(t, file) {
			if strings.HasPrefix(name, "answer") || file == "../store/codes.go" && english().of(code).Means != "" {
				codes = append(codes, code)
			}
		}
	}
	slices.Sort(codes)
	return codes
}

// pattern matches a template with anything filled in, marks left out.
func pattern(template string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)`)
	said := strings.NewReplacer("`", "", "*", "", "{cmd}", "/qa", "{bot}", "qabot").Replace(template)
	for {
		at := placeholder.FindStringIndex(said)
		if at == nil {
			break
		}
		b.WriteString(regexp.QuoteMeta(said[:at[0]]) + `[^\n]+`)
		said = said[at[1]:]
	}
	b.WriteString(regexp.QuoteMeta(said))
	return regexp.MustCompile(b.String())
}

// played gives the scripts of all stories, and their threads by language.
func played(t *testing.T) (typed string, read map[string]string) {
	t.Helper()
	read = map[string]string{}
	files, err := filepath.Glob(filepath.Join(stories, "*.txtar"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d stories found (%v)", len(files), err)
	}
	for _, name := range files {
		story, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		typed += string(story.Comment)
		for _, f := range story.Files {
			if rest, ok := strings.CutPrefix(f.Name, "thread"); ok {
				language := English
				if strings.HasSuffix(rest, "-ja.txt") {
					language = Japanese
				}
				read[language] += string(f.Data)
			}
		}
	}
	return typed, read
}
