package bot

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/slack-go/slack"

	"qabot/bot/slacksim"
	"qabot/store"
)

// hostileWords are what people, and people who mean harm, call branches, commits, apps and columns.
func hostileWords() map[string]string {
	return map[string]string{
		"longest branch":    "feature/" + strings.Repeat("b", maxBranch-8),
		"longest, Japanese": strings.Repeat("環境", maxBranch/6),
		"far too long":      strings.Repeat("x", 5000),
		"marks and calls":   "`*_~`|> <!channel> <@U02BEN> <https://evil.example.com|app.qa.example.com>",
		"escaped before":    "&lt;!channel&gt; {0} {1:date} {branch} {cmd} {",
		"hard to see":       "gpj\u202egnp.\u2066x 🔥🏴‍☠️:tada: a\nb\r\n\tc \x1b[31mred\x1b[0m\x00\x07",
		"nothing to see":    "\u200b\u2060\ufeff",
		"empty":             "",
		"a space":           " ",
		"parts of a value":  "x:1|down|shop|main",
	}
}

// prey is everything that a view can be made of, with one hostile word wherever somebody else's words go.
type prey struct {
	ctx   context.Context // over: nobody outside is asked
	word  string
	texts texts
	bot   *Bot
	app   App
	all   func() []scene // see scenes
}

// newPrey is of a word. Scenes are dear with the longest ones, and made once.
func newPrey(ctx context.Context, word string, texts texts, b *Bot) prey {
	p := prey{ctx: ctx, word: word, texts: texts, bot: b, app: testApp()}
	p.all = sync.OnceValue(p.phases)
	return p
}

func (p prey) env(change func(*store.Environment)) store.Environment {
	e := example()
	if change != nil {
		change(&e)
	}
	e.Spec.Branch, e.Spec.Commit, e.Spec.Asked.Name = p.branch(), p.word, p.word
	e.Status.Serving = p.word
	for k, o := range e.Status.Seen {
		for i := range o.Detail.Args {
			o.Detail.Args[i] = p.word
		}
		if o.Detail.Code == "" {
			o.Detail = store.Say(p.word, p.word)
		}
		o.Proof = store.Say(store.ProofOther, p.word, p.word)
		e.Status.Seen[k] = o
	}
	e.Status.Seen[store.Kind("service/"+p.role())] = store.Observation{State: store.Ready, URL: p.word, Commit: p.word}
	e.Status.Seen[store.Kind(p.role())] = store.Observation{State: store.Failed, URL: p.word, Detail: store.Say(store.RolloutFailed, p.word)}
	return e
}

// branch is the word as far as Git takes it for a branch.
func (p prey) branch() string { return strings.ToValidUTF8(p.word[:min(len(p.word), maxBranch)], "") }

// role is the word as far as a configuration takes it for one, and then some.
func (p prey) role() string { return short(p.word, 40) }

// scenes are an environment in each of its phases. The caller changes nothing within one.
func (p prey) scenes() []scene { return slices.Clone(p.all()) }

func (p prey) phases() []scene {
	var out []scene
	for _, change := range []func(*store.Environment){
		nil, up, failed, removing, removed, func(e *store.Environment) { up(e); e.Spec.Asleep = true },
		func(e *store.Environment) { e.Spec.Asked = store.Asked{Verb: verbPush}; e.Spec.Owner = "" },
		func(e *store.Environment) { removed(e); e.Spec.Asked.Verb = verbDeleted },
	} {
		out = append(out, newScene(p.texts, p.app, p.env(change), noon, "https://github.com"))
	}
	return out
}

// told makes a view of each scene.
func (p prey) told(make func(scene) view) (out []view) {
	for _, s := range p.scenes() {
		out = append(out, make(s))
	}
	return out
}

func (p prey) event(code string) store.Event {
	return store.Event{
		Code: code, At: noon, Kind: store.Kind("service/" + p.role()), Name: p.word, Commit: p.word, URL: p.word, By: "U01ANA", Took: time.Hour,
		Detail: store.Say(store.Unreachable, p.word, p.word), Lines: slices.Repeat([]string{p.word}, 40),
		Changes: []store.Change{{Table: p.word, What: p.word, Name: p.word, Was: p.word}, {Table: p.word, What: "column", Name: p.word, Was: p.word, Is: p.word}},
	}
}

func (p prey) detail() store.Detail { return store.Say(answerNoSuchBranch, p.word, p.word, p.word) }

func (p prey) place() place { return place{User: "U01ANA", Channel: "C01QA"} }

func (p prey) offered() []choice {
	c := choice{Verb: verbDown, App: "shop", Branch: p.branch(), Revision: "x:1", Label: p.word}
	return []choice{c, c, c}
}

// saved are saves in each state.
func (p prey) saved() []store.Save {
	wish := store.SaveWish{App: p.word, Name: p.word, Branch: p.branch(), By: "U01ANA", At: noon}
	return []store.Save{
		{SaveWish: wish}, {SaveWish: wish, Status: store.SaveStatus{Done: store.Succeeded, Bytes: 1 << 40, Where: p.word}},
		{SaveWish: wish, Status: store.SaveStatus{Done: store.Botched, Detail: store.Say(store.SaveNoRoom, p.word, p.word, p.word, p.word)}},
	}
}

// acts are of every outcome, on that branch and by somebody of that name.
func (p prey) acts() []store.Act {
	acts := someActs()
	for i := range acts {
		acts[i].Branch, acts[i].Name = p.branch(), p.word
	}
	return acts
}

// viewBuilders make every view there is, by the names of the functions in the source.
func viewBuilders() map[string]func(prey) []view {
	event := func(code string, make func(scene, store.Event) view) func(prey) []view {
		return func(p prey) (out []view) {
			for _, s := range p.scenes()[1:3] {
				out = append(out, make(s, p.event(code)))
			}
			return out
		}
	}
	phase := func(make func(scene) view) func(prey) []view {
		return func(p prey) []view { return p.told(make) }
	}
	builders := map[string]func(prey) []view{
		"answer": func(p prey) []view { return []view{answer(p.texts, p.detail())} },
		"view.add": func(p prey) []view {
			return []view{answer(p.texts, p.detail()).add(choices(p.texts, p.word, p.offered())...)}
		},
		"view.follow": func(p prey) []view {
			return []view{answer(p.texts, p.detail()).follow(p.texts, "https://acme.slack.com/archives/C01QA/p1")}
		},
		"list": func(p prey) []view {
			many := slices.Repeat(p.scenes(), 10)
			return []view{
				list(p.texts, many, listing{}, "U01ANA", func(store.Thread) string { return "" }),
				list(p.texts, many, listing{Mine: true, App: p.role(), Page: 1}, "U01ANA", func(store.Thread) string { return "" }),
				list(p.texts, p.scenes(), listing{App: "shop"}, "", func(store.Thread) string { return "https://acme.slack.com/archives/C01QA/p1" }),
			}
		},
		"help": func(p prey) []view {
			return []view{help(p.texts, p.word, nil), help(p.texts, "", []App{p.app, {Name: p.word, Repo: p.word}}), help(p.texts, verbUp, nil)}
		},
		"Bot.simply": func(p prey) []view {
			wrong := p.detail()
			v, _ := p.bot.simply(command{}, &wrong)
			return []view{v}
		},
		"Bot.outcome": func(p prey) []view {
			return []view{
				p.bot.outcome(p.ctx, p.place(), decision{Answer: store.Say(answerAlreadyUp, p.word, p.word)}, p.env(up)),
				p.bot.outcome(p.ctx, p.place(), decision{Answer: store.Say(answerNotThere, p.word)}, p.env(removed)),
			}
		},
		"Bot.noBranch": func(p prey) []view { return []view{p.bot.noBranch(p.ctx, place{}, []App{p.app}, p.branch())} },
		"Bot.noSave": func(p prey) []view {
			return []view{p.bot.noSave(p.word, nil), p.bot.noSave(p.word, p.saved())}
		},
		"saves": func(p prey) []view {
			return []view{saves(p.texts, p.saved(), true), saves(p.texts, slices.Repeat(p.saved(), 30), false)}
		},
		"templateFails": func(p prey) []view {
			return []view{templateFails(p.texts, store.Template{App: p.word, Name: p.word, From: p.word, Failing: time.Unix(1_800_000_000, 0)})}
		},
		"withTemplates": func(p prey) []view {
			one := store.Template{Name: p.word, From: p.word, At: time.Unix(1_800_000_000, 0)}
			return []view{withTemplates(p.texts, saves(p.texts, nil, false), []store.Template{one, {Name: p.word, From: p.word}}), withTemplates(p.texts, saves(p.texts, p.saved(), true), slices.Repeat([]store.Template{one}, 10))}
		},
		"scene.keyless": func(p prey) []view {
			return p.told(func(s scene) view {
				return s.keyless(store.Event{Code: store.EventKeyless, Answer: store.Say(store.KeysTooMany, p.word, p.word, p.word, p.word)})
			})
		},
		"scene.savedReply": func(p prey) []view {
			return p.told(func(s scene) view {
				return s.savedReply(store.Event{Code: store.EventUnsaved, By: "U01ANA", Detail: store.Say("", p.word), Answer: store.Say(store.SaveNoRoom, p.word, p.word, p.word, p.word)})
			})
		},
		"Bot.notThere": func(p prey) []view {
			return []view{p.bot.notThere(command{Verb: verbDown, Branch: p.branch()}, []store.Environment{p.env(nil), p.env(up)})}
		},

		"Bot.confirmation": func(p prey) []view {
			return []view{p.bot.confirmation(decision{Answer: store.Say(confirmOthers, p.branch(), verbDown)}, p.env(up), p.place())}
		},
		"refusal.view": func(p prey) []view {
			some := []string{everyone, "@" + p.role(), "S01QA", "U02BEN", "U01ANA"}
			return []view{
				refusal{Why: store.Say(refusedRule, p.word), Who: some, Where: []string{"#" + p.role(), "C01QA", direct}}.view(p.texts, "U01ANA"),
				refusal{Why: store.Say(doubtScope, p.word), Who: []string{"owner"}}.view(p.texts, ""),
			}
		},
		"leaks": func(p prey) []view {
			found := store.Leaks{Keys: 200, Looked: 100, Found: []store.Leak{{Pattern: p.word, Keys: 3, Example: p.word, Maker: p.word}, {Pattern: p.word + "*", Keys: 3, Example: p.word}}}
			all := found
			all.Looked = 200
			return []view{leaks(p.texts, found), leaks(p.texts, all), leaks(p.texts, store.Leaks{})}
		},
		"brief": func(p prey) []view { return []view{brief(p.texts)} },
		"helpFor": func(p prey) []view {
			return []view{helpFor(p.texts, command{Topic: p.word}, nil), helpFor(p.texts, command{Bare: true}, nil)}
		},

		"scene.parent":    phase(scene.parent),
		"scene.deploying": phase(scene.deploying),
		"scene.up":        phase(scene.up),
		"scene.asleep":    phase(scene.asleep),
		"scene.broken":    phase(scene.broken),
		"scene.removing":  phase(scene.removing),
		"scene.removed":   phase(scene.removed),
		"scene.kept":      phase(scene.kept),
		"scene.movedOn":   phase(func(s scene) view { return s.movedOn("https://acme.slack.com/archives/C01QA/p1") }),
		"scene.history": func(p prey) []view {
			var events []store.Event
			for code := range p.texts.phrases {
				events = append(events, p.event(code))
			}
			return p.told(func(s scene) view { return s.history(events[:historyShown], p.acts()) })
		},
		"history": func(p prey) []view {
			return []view{history(p.texts, p.texts.of(labelHistory).Say, p.branch(), []past{{noon, []element{words(p.branch())}}})}
		},
		"lately": func(p prey) []view { return []view{lately(p.texts, p.acts(), true), lately(p.texts, nil, false)} },

		"scene.reply": func(p prey) []view {
			var out []view
			for code := range p.texts.phrases {
				for _, s := range p.scenes()[2:4] {
					if v, ok := s.reply(p.event(code)); ok {
						out = append(out, v)
					}
				}
			}
			return out
		},
		"scene.slept":    event(store.EventAsleep, scene.slept),
		"scene.trouble":  event(store.EventTrouble, scene.trouble),
		"scene.pushed":   event(store.EventPushed, scene.pushed),
		"scene.migrated": event(store.EventMigrated, scene.migrated),
		"scene.ready":    event(store.EventReady, scene.ready),
		"scene.gone":     event(store.EventRemoved, scene.gone),
		"scene.failures": event(store.EventFailed, func(s scene, e store.Event) view {
			other := e
			other.Kind, other.Detail.Code, other.URL = store.Of("service", e.Detail.Args[0]), store.TaskExited, e.URL+"x"
			return s.failures([]store.Event{e, other}, false)
		}),
		"scene.edited": event(store.EventEdited, func(s scene, e store.Event) view {
			e.Warnings = slices.Repeat([]store.Detail{store.Say(store.EditMoved, e.Detail.Args[0], e.Detail.Args[0])}, 30)
			s.env.Spec.Edited, e.Generation = store.Edited{Commit: s.env.Spec.Commit, Files: store.EditsOf(e.Warnings)}, s.env.Spec.Generation
			return s.edited(e)
		}),
		"leftOvers": func(p prey) []view {
			thing := store.Say(store.ThingTagged, p.word)
			var strays []store.Stray
			for _, s := range []store.Standing{store.Unburied, store.Unknownst, store.Doubtful} {
				strays = append(strays, store.Stray{ID: store.ID(p.word), App: p.word, Branch: p.branch(), Standing: s, Doubt: store.DoubtName, Things: slices.Repeat([]store.Detail{thing}, 30)})
			}
			return []view{leftOvers(p.texts, slices.Repeat(strays, 10), straysShown, strayThingsShown, true), leftOvers(p.texts, nil, straysShown, strayThingsShown, true)}
		},
		"scene.laidAside": event(store.EventKept, scene.laidAside),
		"scene.dated": event(store.EventExpiring, func(s scene, e store.Event) view {
			return s.dated("hourglass", "⌛", store.EventExpiring, e.By, e)
		}),
		"scene.plainReply": event(store.EventOver, func(s scene, e store.Event) view {
			return s.plainReply("arrow_forward", "▶️", "over.answers", s.branch(), short(e.Detail.Args[0], 300))
		}),
	}
	maps.Copy(builders, questionBuilders())
	maps.Copy(builders, budgetBuilders())
	return builders
}

// Whatever a branch is called: Slack takes every message in every language, it calls nobody and links nowhere that we did not mean,
// and nothing in it is written backwards. A function that makes a view and has no case here fails.
func TestHostileNames(t *testing.T) {
	builders, screens := viewBuilders(), screenBuilders()
	for _, name := range viewFunctions(t) {
		if builders[name] == nil && screens[name] == nil {
			t.Errorf("%s makes a view: add it to viewBuilders or screenBuilders", name)
		}
		delete(builders, name)
		delete(screens, name)
	}
	for name := range builders {
		t.Errorf("viewBuilders has %s, which makes no view", name)
	}
	for name := range screens {
		t.Errorf("screenBuilders has %s, which makes no view", name)
	}
	w := slacksim.New(slacksim.Options{})
	defer w.Close()
	b, _ := offline(t, nil)
	over, end := context.WithCancel(t.Context())
	end()
	for _, language := range Languages() {
		for kind, word := range hostileWords() {
			texts := Options{Command: "/qa"}.words(language)
			p := newPrey(over, word, texts, b.speaking(language))
			for name, make := range screenBuilders() {
				for _, s := range make(p) {
					if err := strictScreen(w, s); err != nil {
						t.Errorf("%s, %s, %s: %v", name, language, kind, err)
					} else if err := innocent(s.blocks()); err != nil {
						t.Errorf("%s, %s, %s: %v", name, language, kind, err)
					}
				}
			}
			for name, make := range viewBuilders() {
				seen := map[string]bool{}
				for _, v := range make(p) {
					if seen[v.hash()] {
						continue
					}
					seen[v.hash()] = true
					if err := harmless(w, v); err != nil {
						t.Errorf("%s, %s, %s: %v", name, language, kind, err)
					}
				}
			}
		}
	}
}

// harmless holds a view to Slack's limits and to what nobody may slip into it.
func harmless(w *slacksim.Workspace, v view) error {
	if err := strict(w, v); err != nil {
		return err
	}
	if err := callsNobody(v.Text); err != nil {
		return err
	}
	return innocent(v.Blocks)
}

// innocent holds blocks to what nobody may slip into them.
func innocent(blocks []slack.Block) error {
	var fault error
	everyObject(blocks, func(o map[string]any) {
		text, _ := o["text"].(string)
		switch o["type"] {
		case slack.MarkdownType:
			if err := callsNobody(text); err != nil {
				fault = err
			}
		case "broadcast":
			fault = fmt.Errorf("it calls with %v", o)
		case "user":
			if id := o["user_id"]; id != "U01ANA" && id != "U02BEN" {
				fault = fmt.Errorf("it calls %v", id)
			}
		case "usergroup":
			if id := o["usergroup_id"]; id != "S01QA" {
				fault = fmt.Errorf("it calls %v", id)
			}
		}
		for key, x := range o {
			if s, ok := x.(string); ok && key != "value" && key != "block_id" && strings.ContainsFunc(s, unseen) {
				fault = fmt.Errorf("something in %q is not to be seen", s)
			}
		}
		if address, ok := o["url"].(string); ok {
			if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "evil.example.com" {
				fault = fmt.Errorf("it links to %q", address)
			}
		}
	})
	return fault
}

// ourLink is a link that stands in text, to an environment or to a thread.
var ourLink = regexp.MustCompile(`<https://(?:[a-z-]+\.qa\.example\.com|acme\.slack\.com/[^|<>]*)\|[^|<>]*>`)

// callsNobody looks into text that Slack parses.
func callsNobody(text string) error {
	text = ourLink.ReplaceAllString(text, "")
	for _, expected := range []string{"<@U01ANA>", "<@U02BEN>", "<!date^", "<!subteam^S01QA>"} {
		text = strings.ReplaceAll(text, expected, "")
	}
	if strings.Contains(text, "<@") || strings.Contains(text, "<!") || strings.Contains(text, "<http") || strings.ContainsFunc(text, unseen) {
		return fmt.Errorf("the text calls, links or hides something: %q", text)
	}
	return nil
}

func unseen(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff", r)
}

// viewFunctions are the functions of this package that give something for people to look at.
func viewFunctions(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for _, file := range sources(t) {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Type.Results == nil || !slices.ContainsFunc(fn.Type.Results.List, func(r *ast.Field) bool { return shows(r.Type) }) {
				continue
			}
			name := fn.Name.Name
			if fn.Recv != nil {
				of := fn.Recv.List[0].Type
				if star, ok := of.(*ast.StarExpr); ok {
					of = star.X
				}
				name = of.(*ast.Ident).Name + "." + name
			}
			found[name] = true
		}
	}
	if len(found) < 20 {
		t.Fatalf("only %d functions found", len(found))
	}
	return slices.Sorted(maps.Keys(found))
}

// shows tells whether a type is a message, a dialogue or a home.
func shows(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "view"
	case *ast.StarExpr:
		return shows(e.X)
	case *ast.SelectorExpr:
		return slices.Contains([]string{"ModalViewRequest", "HomeTabViewRequest"}, e.Sel.Name)
	}
	return false
}
