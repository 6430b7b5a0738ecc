package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The demo as a person goes through it, in a browser.
func TestDemoInABrowser(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newTown(t)
	page := &tab{town: w, ctx: browser}
	page.open(w.Page)
	page.wait(`body[data-ready="true"]`)
	page.js("window.loaded = 'once'; ''")

	composer := chromedp.CSS("#composer textarea")
	page.do(chromedp.SendKeys(composer, "/qa up qa/hello"), chromedp.SendKeys(composer, kb.Enter))
	for _, step := range []string{"Deploying", "Create the database", "Open app"} {
		page.sees("#messages", step)
	}
	w.hears("is up at")
	href := page.js(`[...document.querySelectorAll('#messages a')].find(a => a.textContent.trim() === "Open app")?.href || ""`)

	shop := page.another()
	shop.open(href)
	shop.sees("body", banner)

	page.do(chromedp.Click(chromedp.CSS(`#messages [data-action="qa_down"]`)))
	page.wait("dialog.dialog-confirm")
	page.sees("dialog", "Take it down?")
	page.do(chromedp.Click(chromedp.CSS("dialog .btn-danger")))
	page.sees("#messages", "Taken down")
	if loaded := page.js("window.loaded || 'anew'"); loaded != "once" {
		t.Errorf("the page was loaded %s", loaded)
	}
}

// A pull request stands open at the start, and people do with it what they do on GitHub; deleting its branch takes its
// environment away.
func TestGitHubInABrowser(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newTown(t)
	slack := &tab{town: w, ctx: browser}
	slack.open(w.Page)
	slack.wait(`body[data-ready="true"]`)
	composer := chromedp.CSS("#composer textarea")
	slack.do(chromedp.SendKeys(composer, "/qa up qa/hello"), chromedp.SendKeys(composer, kb.Enter))
	slack.sees("#messages", "Open app")

	hub := slack.another()
	hub.open(w.GitHub + "/acme/shop/pulls")
	hub.sees("body", "Hello, shelves")
	hub.do(chromedp.Click(chromedp.CSS(`a[href="/acme/shop/pull/1"]`)))
	hub.sees("body", "ben wants to bring qa/hello into main")
	hub.do(chromedp.SendKeys(chromedp.CSS("input[name=label]"), "qa"), chromedp.Click(chromedp.CSS(`form[action$="/label"] button`)))
	hub.sees(".tags", "qa")
	hub.js(`document.querySelector("select[name=login]").value = "chen"; document.querySelector("select[name=login]").onchange(); ""`)
	hub.sees("main", "Comment as chen")
	hub.do(chromedp.Click(chromedp.CSS(`form[action$="/delete-branch"] button`)))
	hub.sees(".state", "closed")
	slack.sees("#messages", "Taken down")
}

// tab is a tab of the browser.
type tab struct {
	*town
	ctx context.Context
}

// chromium starts a headless browser with a profile of its own.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("the demo is tested in a browser: install chromium (Debian: apt-get install chromium), or set CHROMIUM to its path")
	}
	profile, err := os.MkdirTemp("", "sandbox-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 800), chromedp.Flag("disable-component-update", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
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

func (p *tab) another() *tab {
	p.t.Helper()
	ctx, stop := chromedp.NewContext(p.ctx)
	p.t.Cleanup(stop)
	p.must(chromedp.Do(ctx))
	return &tab{town: p.town, ctx: ctx}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	p.must(chromedp.Do(ctx, steps...))
}

func (p *tab) open(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
}

func (p *tab) wait(selector string) {
	p.t.Helper()
	p.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

// js evaluates an expression to a text.
func (p *tab) js(expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// sees waits until the element shows the text.
func (p *tab) sees(selector, text string) {
	p.t.Helper()
	p.eventually(func() error {
		shown := p.js(fmt.Sprintf("document.querySelector(%q)?.innerText || ''", selector))
		if !strings.Contains(shown, text) {
			return fmt.Errorf("no %q in:\n%s", text, shown)
		}
		return nil
	})
}
