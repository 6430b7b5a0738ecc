package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"qabot/bot/slacksim"
)

// town is a sandbox that runs brisker than usual, and what people do in it from outside.
type town struct {
	*program
	ready
}

func newTown(t *testing.T, args ...string) *town {
	t.Helper()
	p := run(t, append([]string{"--json", "--speed", "60", "--grace", "0s", "--listen", "127.0.0.1:0"}, args...)...)
	return &town{program: p, ready: p.ready()}
}

// client dials this machine whatever the host, as a browser does with *.localhost.
var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
	DisableKeepAlives: true,
	DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	},
}}

func answer(r *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s\n%s", r.Request.Method, r.Request.URL, r.Status, text)
	}
	return string(text), err
}

// get is what a page shows.
func (w *town) get(url string) string {
	w.t.Helper()
	text, err := answer(client.Get(url))
	w.must(err)
	return text
}

func (w *town) submit(url string, form url.Values) string {
	w.t.Helper()
	text, err := answer(client.PostForm(url, form))
	w.must(err)
	return text
}

func (w *town) shows(page, what string, want bool) {
	w.t.Helper()
	if strings.Contains(page, what) != want {
		w.t.Errorf("the page shows %q: %v, want %v:\n%s", what, !want, want, page)
	}
}

// say types into #qa as ana.
func (w *town) say(text string) {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"user": "ana", "channel": "#qa", "text": text})
	w.must(err)
	out, err := answer(client.Post(w.Control+"/command", "application/json", bytes.NewReader(body)))
	w.must(err)
	if !strings.Contains(out, `"ok":true`) {
		w.t.Fatalf("%s: %s", text, out)
	}
}

// story is qabot's message in #qa that all see, with its replies.
func (w *town) story() (slacksim.Message, error) {
	text, err := answer(client.Get(w.Control + "/messages?user=ana&channel=" + url.QueryEscape("#qa")))
	if err != nil {
		return slacksim.Message{}, err
	}
	var all struct{ Messages []slacksim.Message }
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return slacksim.Message{}, err
	}
	for _, m := range all.Messages {
		if m.Bot && m.Ephemeral == "" {
			return m, nil
		}
	}
	return slacksim.Message{}, fmt.Errorf("qabot says nothing to all: %s", text)
}

// hears waits until the parent message and its replies hold every one of the texts, and gives the parent.
func (w *town) hears(texts ...string) (parent slacksim.Message) {
	w.t.Helper()
	w.eventually(func() (err error) {
		if parent, err = w.story(); err != nil {
			return err
		}
		said := parent.Text
		for _, r := range parent.Replies {
			said += "\n" + r.Text
		}
		for _, text := range texts {
			if !strings.Contains(said, text) {
				return fmt.Errorf("nobody says %q:\n%s", text, said)
			}
		}
		return nil
	})
	return parent
}

var openButton = regexp.MustCompile(`"text":"Open (\w+)"[^\]]*?"url":"([^"]+)"`)

// up brings qa/hello up and gives the URL of each role, as the message has it.
func (w *town) up() map[string]string {
	w.t.Helper()
	w.say("/qa up qa/hello")
	parent := w.hears(": Up", "`qa/hello` is up at")
	urls := map[string]string{}
	for _, found := range openButton.FindAllStringSubmatch(string(parent.Blocks), -1) {
		urls[found[1]] = found[2]
	}
	if urls["app"] == "" || urls["admin"] == "" {
		w.t.Fatalf("no URLs in %s", parent.Blocks)
	}
	return urls
}

// down takes qa/hello down.
func (w *town) down() {
	w.t.Helper()
	w.say("/qa down qa/hello")
	w.hears("Taken down", "nothing of it is left")
}

// clone gets the branch with git.
func (w *town) clone() (dir string) {
	w.t.Helper()
	dir = filepath.Join(w.t.TempDir(), "shop")
	w.git("", "clone", "--quiet", "--branch", "qa/hello", w.Git, dir)
	return dir
}

// push changes the banner in a clone, commits and pushes, and gives the short commit.
func (w *town) push(clone, banner string) (commit string) {
	w.t.Helper()
	file := filepath.Join(clone, "shop.yaml")
	text, err := os.ReadFile(file)
	w.must(err)
	w.must(os.WriteFile(file, regexp.MustCompile(`(?m)^banner:.*$`).ReplaceAll(text, []byte("banner: "+banner)), 0o644))
	w.git(clone, "commit", "--quiet", "--all", "--message", "Say "+banner)
	w.git(clone, "push", "--quiet")
	return w.git(clone, "rev-parse", "--short=7", "HEAD")
}

// git runs git as ana, away from the user's own configuration.
func (w *town) git(dir string, args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ana Silva", "GIT_AUTHOR_EMAIL=ana@example.com", "GIT_COMMITTER_NAME=Ana Silva", "GIT_COMMITTER_EMAIL=ana@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}
