package bot

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/store"
)

// gallery lists every fact and fault that a resource can report, and every answer: some need a world that no simulator plays.
type gallery struct{ facts, faults, answers []string }

func galleryOf(t *testing.T) (g gallery) {
	t.Helper()
	words := english()
	for name, code := range constants(t, "../store/codes.go") {
		switch {
		case strings.HasPrefix(name, "Event"), strings.HasPrefix(name, "Thing"):
		case words.of(code).Means != "":
			g.faults = append(g.faults, code)
		default:
			g.facts = append(g.facts, code)
		}
	}
	for _, file := range sources(t) {
		for name, code := range constants(t, file) {
			if strings.HasPrefix(name, "answer") {
				g.answers = append(g.answers, code)
			}
		}
	}
	for _, list := range [][]string{g.facts, g.faults, g.answers} {
		slices.Sort(list)
	}
	return g
}

// sample has arguments that are good for every form.
func sample(code string) store.Detail { return store.Say(code, "first", "48h0m0s", "third") }

// text is what people read, one line for each code: facts in a few words, faults and answers whole.
func (g gallery) text(words texts) string {
	var b strings.Builder
	for _, part := range []struct {
		name  string
		codes []string
	}{{"facts", g.facts}, {"faults", g.faults}, {"answers", g.answers}} {
		fmt.Fprintf(&b, "# %s\n", part.name)
		for _, code := range part.codes {
			p, args := words.of(code), sample(code).Args
			said := words.whole(p, args)
			if part.name == "facts" {
				said = p.Say
			}
			fmt.Fprintf(&b, "%s: %s\n", code, words.plain(said, args...))
		}
	}
	return b.String()
}

// views are views as people get them with everything of the gallery in them.
func (g gallery) views(words texts) map[string]view {
	views := map[string]view{}
	for i, chunk := range slices.Collect(slices.Chunk(g.facts, 15)) {
		views[fmt.Sprint("gallery facts ", i)] = g.wall(words, chunk, store.Working).parent()
	}
	for i, chunk := range slices.Collect(slices.Chunk(g.faults, 12)) {
		views[fmt.Sprint("gallery faults ", i)] = g.wall(words, chunk, store.Failed).status(known{}, "")
	}
	for _, code := range g.answers {
		views["gallery "+code] = answer(words, sample(code))
	}
	return views
}

// wall is an environment of which each role reports one of the codes.
func (g gallery) wall(words texts, codes []string, state store.State) scene {
	e, app := example(), App{Name: "shop"}
	e.Status.Seen = map[store.Kind]store.Observation{}
	var kinds []store.Kind
	for n, code := range codes {
		k := store.Kind(fmt.Sprintf("service/r%d", n+1))
		kinds = append(kinds, k)
		e.Status.Seen[k] = store.Observation{State: state, Detail: sample(code), Began: noon.Add(-time.Minute)}
	}
	app.Stages = [][]store.Kind{kinds}
	return newScene(words, app, e, noon, "https://github.com")
}

func TestGoldenGallery(t *testing.T) {
	g := galleryOf(t)
	for _, language := range Languages() {
		words := Options{Command: "/qa"}.words(language)
		goldenFile(t, filepath.Join("testdata", "gallery."+language+".txt"), []byte(g.text(words.with("branch", "feature/login"))))
	}
}
