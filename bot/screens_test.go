package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"qabot/bot/slacksim"
	"qabot/store"
)

// screen is a modal or an App Home.
type screen struct {
	modal *slack.ModalViewRequest
	home  *slack.HomeTabViewRequest
}

func modalScreen(v slack.ModalViewRequest) screen { return screen{modal: &v} }

func (s screen) blocks() []slack.Block {
	if s.home != nil {
		return s.home.Blocks.BlockSet
	}
	return s.modal.Blocks.BlockSet
}

// strictScreen shows a screen to ana in a simulated Slack, which refuses what the real one refuses.
func strictScreen(w *slacksim.Workspace, s screen) error {
	method, body := "views.publish", map[string]any{"user_id": w.UserID("ana"), "view": s.home}
	if s.modal != nil {
		method, body = "views.open", map[string]any{"trigger_id": w.Trigger("ana", "qa"), "view": s.modal}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r := httptest.NewRequest(http.MethodPost, "/api/"+method, bytes.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+w.BotToken())
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, r)
	var said struct {
		OK       bool   `json:"ok"`
		Error    string `json:"error"`
		Metadata struct {
			Messages []string `json:"messages"`
		} `json:"response_metadata"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &said); err != nil {
		return fmt.Errorf("%s: %w", rec.Body, err)
	}
	if !said.OK {
		return fmt.Errorf("%s %s\n%s", said.Error, said.Metadata.Messages, text)
	}
	return nil
}

// formOf is a form with everything in it that it can have.
func formOf(t texts, word string) screen {
	m := match{Branch: word, Pull: pull{Number: 12, Title: word, Author: word, Branch: word}}
	return modalScreen(form{
		Apps: append(twoApps(), App{Name: short(word+"x", 20), Repo: "a/b"}), App: "shop", Branch: t.option(m), Where: "C01QA", Origin: "C01QA",
		Note: say(formMoreInMessage, word, word), About: say(formThere, word, word),
	}.view(t))
}

func homeOf(t texts, scenes []scene, page int, notice view) screen {
	h := homeScene{
		texts: t, user: "U01ANA", envs: scenes, apps: true, page: page, notice: notice, now: noon,
		thread: func(store.Thread) string { return "https://acme.slack.com/archives/C01QA/p1?thread_ts=1&cid=C01QA" },
	}
	v := h.view()
	return screen{home: &v}
}

func TestGoldenScreens(t *testing.T) {
	w := slacksim.New(slacksim.Options{})
	defer w.Close()
	for _, language := range Languages() {
		texts := Options{Command: "/qa"}.words(language)
		mine := func(id string, change func(*store.Environment)) scene {
			e := example()
			e.ID, e.Spec.Branch = store.ID(id), id
			if change != nil {
				change(&e)
			}
			return newScene(texts, testApp(), e, noon, "https://github.com")
		}
		others := func(change func(*store.Environment)) func(*store.Environment) {
			return func(e *store.Environment) { change(e); e.Spec.Owner = "U02BEN" }
		}
		scenes := []scene{
			mine("feature-login", nil), mine("feature-pay", others(up)), mine("fix-tax", others(failed)),
			mine("spike", others(func(e *store.Environment) { up(e); e.Spec.Asleep, e.Status.Asleep = true, true })),
			mine("old", others(removing)), mine("mine-up", up),
		}
		screens := map[string]screen{
			"modal_up":    modalScreen(form{Apps: []App{testApp()}, App: "shop", Where: "C01QA"}.view(texts)),
			"modal_apps":  formOf(texts, "feature/login"),
			"modal_blank": modalScreen(form{Apps: twoApps(), App: "shop", Note: say(formReading), Blank: true}.view(texts)),
			"modal_sure":  modalScreen(sureView(texts, "feature/login", "feature-login-abcdefg:3")),
			"modal_told":  modalScreen(toldView(texts, row(words("x")))),
			"home":        homeOf(texts, scenes, 0, answer(texts, store.Say(answerToSleep, "feature/login"))),
			"home_none":   homeOf(texts, nil, 0, view{}),
		}
		for name, s := range screens {
			golden(t, "screens/"+language, name, view{Text: name, Blocks: s.blocks()})
			if err := strictScreen(w, s); err != nil {
				t.Errorf("%s, %s: %v", name, language, err)
			}
			if cut := cutShort(view{Blocks: s.blocks()}); len(cut) > 0 {
				t.Errorf("%s, %s: there is no room for %q", name, language, cut)
			}
		}
	}
}

// screenBuilders make every modal and every App Home there is, by the names of the functions in the source.
func screenBuilders() map[string]func(prey) []screen {
	return map[string]func(prey) []screen{
		"form.view": func(p prey) []screen { return []screen{formOf(p.texts, p.branch()), formOf(p.texts, p.word)} },
		"sureView":  func(p prey) []screen { return []screen{modalScreen(sureView(p.texts, p.word, "x:1"))} },
		"toldView": func(p prey) []screen {
			return []screen{modalScreen(toldView(p.texts, p.bot.toldWhere(p.word, "C01QA"))), modalScreen(toldView(p.texts, p.bot.toldWhere(p.word, "")))}
		},
		"homeScene.view": func(p prey) []screen {
			notice := answer(p.texts, p.detail()).add(choices(p.texts, p.word, p.offered())...)
			many := slices.Repeat(p.scenes(), 20)
			return []screen{homeOf(p.texts, many, 0, notice), homeOf(p.texts, many, 3, view{}), homeOf(p.texts, many, 99, view{})}
		},
	}
}

// Whatever a branch is called and whatever is searched for: what the search offers is taken by Slack, is no longer than it
// may be, and leads back to the branch.
func TestSuggestionsWithinLimits(t *testing.T) {
	name := rapid.OneOf(
		rapid.SampledFrom([]string{"main", "a", "<!channel>", "`*_~`", strings.Repeat("x", maxBranch), strings.Repeat("日", maxBranch/3), "feature/" + strings.Repeat("&<>\"", 30), "🎉"}),
		rapid.StringMatching(`[a-z]{1,8}/[a-z&<>"'🔥日-]{1,60}`), rapid.String(),
	)
	b, _ := offline(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		l := refList{branches: rapid.SliceOfN(rapid.OneOf(name, rapid.Map(name, func(s string) string { return s + "é" })), 0, 150).Draw(t, "branches")}
		l.branches = slices.DeleteFunc(l.branches, func(s string) bool { return !legal(s) || len(s) > maxBranch })
		for n := range rapid.IntRange(0, 30).Draw(t, "pulls") {
			p := pull{Number: n + 1, Title: name.Draw(t, "title"), Author: name.Draw(t, "author"), Fork: rapid.Bool().Draw(t, "fork"), Branch: name.Draw(t, "head")}
			if legal(p.Branch) && len(p.Branch) <= maxBranch {
				l.pulls = append(l.pulls, p)
			}
		}
		slices.Sort(l.branches)
		options := english().optionsOf(l.search(name.Draw(t, "typed"), twoApps(), optionsMost))
		payload, err := json.Marshal(suggestions{Options: options})
		if err != nil || len(payload) >= 20_000 {
			t.Fatalf("the answer has %d bytes, %v", len(payload), err)
		}
		b.refs.kept["acme/shop"] = refList{at: time.Now(), branches: l.branches, pulls: l.pulls}
		seen := map[string]bool{}
		for _, o := range options {
			if n := len([]rune(o.Text.Text)); n == 0 || n > optionRoom || len(o.Value) > optionRoom || o.Description != nil && len([]rune(o.Description.Text)) > optionRoom {
				t.Fatalf("option %+v %+v", o, o.Text)
			}
			if seen[o.Value] {
				t.Fatalf("%s is offered twice", o.Value)
			}
			seen[o.Value] = true
			if strings.HasPrefix(o.Value, "p:") {
				continue
			}
			branch, wrong := b.picked(t.Context(), App{Name: "shop", Repo: "acme/shop"}, o.Value)
			known := slices.Contains(l.branches, branch) || slices.ContainsFunc(l.pulls, func(p pull) bool { return p.Branch == branch })
			if strings.HasPrefix(o.Value, "h:") && !known || wrong != nil && !strings.HasPrefix(o.Value, "h:") {
				t.Fatalf("option %q leads to %q, %v", o.Value, branch, wrong)
			}
		}
	})
}

func TestSearchRanks(t *testing.T) {
	l := refList{
		branches: []string{"feature/login", "feature/logout", "fix/login", "login", "main"},
		pulls: []pull{
			{Number: 34, Title: "Login by mail", Author: "carol", Branch: "feature/mail"}, {Number: 12, Title: "Prices", Author: "dave", Branch: "fix/prices"},
			{Number: 3, Title: "Evil", Author: "mallory", Branch: "main", Fork: true},
		},
	}
	for _, c := range []struct {
		reason, typed string
		want          []string
	}{
		{"nothing typed: pull requests, newest first, then branches", "", []string{"feature/mail", "fix/prices", "p:3", "feature/login"}},
		{"the branch itself first", "login", []string{"login", "feature/login", "fix/login", "feature/mail"}},
		{"several words", "login fix", []string{"fix/login"}},
		{"an author", "@dave", []string{"fix/prices"}},
		{"a number", "#12", []string{"fix/prices"}},
		{"a number without its sign", "34", []string{"feature/mail"}},
		{"a link to a pull request", "https://github.com/acme/shop/pull/34/files", []string{"feature/mail"}},
		{"a link to a branch's file", "https://github.com/acme/shop/blob/fix/login/a/b.go", []string{"fix/login"}},
		{"a pull request that is not open", "#99", []string{"p:99"}},
		{"what is not there", "spike/x", []string{"spike/x"}},
	} {
		var got []string
		for _, o := range english().optionsOf(l.search(c.typed, twoApps(), optionsMost)) {
			got = append(got, strings.TrimPrefix(o.Value, "b:"))
		}
		if len(got) < len(c.want) || !slices.Equal(got[:len(c.want)], c.want) {
			t.Errorf("%s: %q gives %v, want %v", c.reason, c.typed, got, c.want)
		}
	}
}
