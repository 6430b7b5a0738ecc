package slacksim_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"qabot/bot/slacksim"
)

// browser starts a headless Chromium with a profile of its own.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("the page is tested in a browser: install chromium (Debian: apt-get install chromium), or set CHROMIUM to its path")
	}
	profile, err := os.MkdirTemp("", "slacksim-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 800), chromedp.Flag("disable-component-update", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		end, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_ = chromedp.Cancel(end) // what is left is killed below
		stop()
		stopAlloc()
		_ = os.RemoveAll(profile) // its last processes may still write into it
	})
	if err := chromedp.Do(ctx); err != nil { // starts it; later deadlines must not end it
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// visit opens the page as ana in a tab of its own.
func (w *world) visit(browser context.Context) context.Context {
	w.t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	w.t.Cleanup(stop)
	w.must(chromedp.Do(ctx))
	w.must(w.in(ctx, chromedp.Navigate(w.url+"/?as=ana"), chromedp.WaitVisible(chromedp.CSS(`body[data-ready="true"]`))))
	return ctx
}

func (w *world) in(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// js evaluates an expression in the page.
func js[T any](w *world, ctx context.Context, expr string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		w.t.Fatalf("%s: %v", expr, err)
	}
	return v
}

func (w *world) sees(ctx context.Context, what string) {
	w.t.Helper()
	w.eventually("the page shows "+what, func() bool { return strings.Contains(js[string](w, ctx, "document.body.innerText"), what) })
}

func TestPage(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	t.Run("command, click, thread", func(t *testing.T) { pageCommand(t, ctx) })
	t.Run("modal and unread", func(t *testing.T) { pageModal(t, ctx) })
	t.Run("text stays text", func(t *testing.T) { pageText(t, ctx) })
	t.Run("edits do not flicker", func(t *testing.T) { pageEdits(t, ctx) })
	t.Run("menu of a message", func(t *testing.T) { pageMenu(t, ctx) })
	t.Run("links to messages", func(t *testing.T) { pageLinks(t, ctx) })
	t.Run("phone", func(t *testing.T) { pagePhone(t, ctx) })
	t.Run("home, stacked modals, person", func(t *testing.T) { pageViews(t, ctx) })
}

func pageCommand(t *testing.T, browser context.Context) {
	w := open(t, slacksim.Options{})
	w.app(demoBot(t))
	ctx := w.visit(browser)
	box := chromedp.CSS("#composer textarea")

	w.must(w.in(ctx, chromedp.SendKeys(box, "/q")))
	w.sees(ctx, "up <branch> | down [branch]")
	w.must(w.in(ctx, chromedp.SendKeys(box, kb.Tab), chromedp.SendKeys(box, "up feature/x"), chromedp.SendKeys(box, kb.Enter)))
	w.sees(ctx, "Starting up feature/x")
	w.sees(ctx, "Only visible to you")

	cancel := chromedp.CSS(`[data-action="cancel"]`)
	w.must(w.in(ctx, chromedp.WaitVisible(cancel)))
	if bold := js[string](w, ctx, `document.querySelector(".b-section strong").textContent`); bold != "working" {
		t.Errorf("bold text %q, want the mrkdwn rendered", bold)
	}
	js[bool](w, ctx, `document.querySelector('article[data-ts]').untouched = true`)
	w.must(w.in(ctx, chromedp.Click(cancel)))
	w.sees(ctx, "cancelled by "+w.UserID("ana"))
	w.sees(ctx, "(edited)")
	w.sees(ctx, "1 reply")
	if !js[bool](w, ctx, `document.querySelector('article[data-ts]').untouched === true`) {
		t.Error("an edit of one message drew another one anew")
	}

	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(".reply-bar")), chromedp.WaitVisible(chromedp.CSS("#thread"))))
	w.sees(ctx, "bye")
	reply := chromedp.CSS("#thread textarea")
	w.must(w.in(ctx, chromedp.SendKeys(reply, "/qa list"), chromedp.SendKeys(reply, kb.Enter)))
	w.sees(ctx, "/qa is not supported in threads. Sorry!")
}

func pageModal(t *testing.T, browser context.Context) {
	w := open(t, slacksim.Options{})
	w.app(demoBot(t))
	ctx := w.visit(browser)
	_, err := w.Command(w.ctx, "ana", "qa", "up x")
	w.must(err)
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(`[data-action="form"]`)), chromedp.WaitVisible(chromedp.CSS("dialog .picker")), chromedp.Click(chromedp.CSS("dialog .picker"))))
	search := chromedp.CSS(".menu-search")
	w.must(w.in(ctx, chromedp.SendKeys(search, "pay")))
	w.sees(ctx, "feature/pay")
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(`[role=option][data-value="bad"]`)), chromedp.Click(chromedp.CSS("dialog [type=submit]"))))
	w.sees(ctx, "no such branch")
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS("dialog .dialog-foot .btn"))))
	w.eventually("the modal is closed", func() bool { return js[bool](w, ctx, `!document.querySelector("dialog")`) })

	_, err = w.Message(w.ctx, "ben", "general", "lunch?", "")
	w.must(err)
	unread := fmt.Sprintf(`document.querySelector('[data-channel="%s"] .pill')?.textContent || ""`, w.ChannelID("general"))
	w.eventually("a badge", func() bool { return js[string](w, ctx, unread) == "1" })
	w.must(w.in(ctx, chromedp.Click(chromedp.CSS(`[data-channel="`+w.ChannelID("general")+`"]`))))
	w.sees(ctx, "lunch?")
	if n := js[string](w, ctx, unread); n != "" {
		t.Errorf("badge %q on the open channel", n)
	}
}

// What people write stays text, whatever it looks like.
func pageText(t *testing.T, browser context.Context) {
	w := open(t, slacksim.Options{})
	ctx := w.visit(browser)
	const evil = `<img src=x onerror="document.title='owned'"> <script>document.title='owned'</script>`
	_, err := w.Message(w.ctx, "ben", "qa", evil, "")
	w.must(err)
	for _, form := range []map[string]string{
		{"text": evil}, {"text": "<javascript:alert(1)|click>"},
		{"text": "x", "blocks": `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"<b>raw</b> *plain*"},{"type":"link","url":"javascript:alert(1)","text":"no link"}]}]}]`},
	} {
		form["channel"] = w.ChannelID("qa")
		if out, _ := w.api("chat.postMessage", form); out["ok"] != true {
			t.Fatalf("%v", out)
		}
	}
	w.sees(ctx, `<script>document.title='owned'</script>`)
	w.sees(ctx, "<b>raw</b> *plain*")
	if got := js[string](w, ctx, `document.title + "|" + document.querySelectorAll("#messages img, #messages script, #messages b, #messages a[href^=javascript]").length`); got != "Acme|0" {
		t.Errorf("title and number of elements made from text: %s, want Acme|0", got)
	}
}

// The page asks nobody but its own server, and its files never build elements from strings.
func TestPageIsSelfContained(t *testing.T) {
	resp, err := http.Get(open(t, slacksim.Options{}).url + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Errorf("content security policy %q", csp)
	}
	err = filepath.WalkDir("page", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "@import", "//fonts", "//cdn"} {
			if strings.Contains(string(raw), bad) {
				t.Errorf("%s uses %s", path, bad)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
