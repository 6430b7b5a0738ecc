package githubsim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"qabot/bot/githubsim"
)

// script calls the control API and returns what it said.
func (w *world) script(name, body string) map[string]any {
	w.t.Helper()
	code, out := w.post("/control/"+name, "application/json", body)
	var said map[string]any
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		w.t.Fatalf("%s: %d %s", name, code, out)
	}
	if said["ok"] != (code == http.StatusOK) {
		w.t.Fatalf("%s: %d %s", name, code, out)
	}
	said["code"] = code
	return said
}

func TestScriptsControlIt(t *testing.T) {
	w := newWorldOf(t, githubsim.Options{Token: token, App: &githubsim.App{ID: 42, Slug: "qabot", Key: &appKey().PublicKey}})
	w.branch("qa/x")
	const repo = `"repository": "acme/shop"`
	for _, c := range []struct{ name, body string }{
		{"open", `{` + repo + `, "branch": "qa/x", "title": "X", "by": "ben", "labels": ["qa"]}`},
		{"comment", `{` + repo + `, "number": 1, "body": "hi", "by": "ana"}`},
		{"edit", `{` + repo + `, "number": 1, "draft": true}`},
		{"edit", `{` + repo + `, "number": 1, "draft": false, "unlabel": ["qa"], "title": "Y"}`},
		{"merge", `{` + repo + `, "number": 1, "squash": true, "by": "ben"}`},
		{"delete-branch", `{` + repo + `, "branch": "qa/x"}`},
		{"branch", `{` + repo + `, "branch": "qa/y"}`},
		{"fork", `{` + repo + `, "to": "eve"}`},
		{"delete", `{"repository": "eve/shop"}`},
		{"add", `{"repository": "acme/toys"}`},
		{"select", `{"owner": "acme", "removed": ["toys"]}`},
		{"suspend", `{"owner": "acme"}`},
		{"suspend", `{"owner": "acme", "lifted": true}`},
		{"rename", `{` + repo + `, "to": "store", "by": "ana"}`},
		{"transfer", `{"repository": "acme/store", "to": "globex"}`}, // the App is not on globex, so it is told no more
		{"uninstall", `{"owner": "acme"}`},
		{"install", `{"owner": "globex", "repositories": ["store"]}`},
		{"settle", `{}`},
	} {
		if said := w.script(c.name, c.body); said["ok"] != true {
			t.Fatalf("%s %s: %v", c.name, c.body, said)
		}
	}
	wantActions(t, w.hooks.take(),
		"opened", "labeled", "issue_comment", "converted_to_draft", "edited", "ready_for_review", "unlabeled", "closed", "push",
		"push", "delete", "create", "push", "installation_repositories", "installation", "installation", "repository", "installation", "installation")
	pulls := w.sim.Pulls("globex", "store")
	if len(pulls) != 1 || !pulls[0].Merged || pulls[0].MergedBy != "ben" || pulls[0].Title != "Y" {
		t.Errorf("pull requests %+v", pulls)
	}
	resp, err := http.Get(w.url + "/control/deliveries")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var said struct {
		OK         bool
		Deliveries []struct{ GUID, Event string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || !said.OK || len(said.Deliveries) == 0 {
		t.Fatalf("deliveries %+v, %v", said, err)
	}
	if again := w.script("redeliver", `{"guid": "`+said.Deliveries[0].GUID+`"}`); again["ok"] != true {
		t.Errorf("redelivery %v", again)
	}
	wantEvents(t, w.events(), said.Deliveries[0].Event)
}

func TestScriptsMakeTrouble(t *testing.T) {
	w := newWorld(t)
	w.script("manner", `{"lose": true}`)
	w.push("lost")
	wantEvents(t, w.events())
	w.script("manner", `{}`)
	w.script("fail", `{"faults": [{"path": "/git/", "limit": "secondary", "status": 429, "times": 1}]}`)
	_, resp, err := w.api.Git.GetRef(t.Context(), "acme", "shop", "heads/main")
	if err == nil || resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "60" {
		t.Errorf("after fail: %v", err)
	}
	if _, _, err := w.api.Git.GetRef(t.Context(), "acme", "shop", "heads/main"); err != nil {
		t.Errorf("the fault was for one request: %v", err)
	}
	w.script("webhook", `{"url": ""}`)
	w.push("unheard")
	wantEvents(t, w.events())
}

func TestScriptsAreToldWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, body string
		code       int
		text       string
	}{
		{"open", `{"repository": "acme/shop", "branch": "none"}`, 422, "Validation Failed"},
		{"open", `{"repository": "acme/toys", "branch": "none"}`, 400, "no such repository"},
		{"open", `{"repo": "acme/shop"}`, 400, `unknown field "repo"`},
		{"open", `[`, 400, "body:"},
		{"fail", `{"faults": [{"limit": "much"}]}`, 400, "limit is primary or secondary"},
		{"fail", `{"faults": [{"status": 429}]}`, 400, "status 500 to 599"},
		{"manner", `{"copies": -1}`, 400, "not negative"},
		{"merge", `{"repository": "acme/shop", "number": 3}`, 404, "Not Found"},
		{"install", `{"owner": "acme"}`, 400, "there is no App"},
		{"dance", `{}`, 404, "no POST /control/dance"},
	} {
		said := w.script(c.name, c.body)
		if said["code"] != c.code || !strings.Contains(said["error"].(string), c.text) {
			t.Errorf("%s %s: %v, want %d %s", c.name, c.body, said, c.code, c.text)
		}
	}
	if code, _ := w.post("/control/settle", "text/plain", "{}", "Origin", "https://evil.example.com"); code != http.StatusForbidden {
		t.Errorf("another site: %d", code)
	}
}
