package main

import (
	"net/url"
	"strings"
	"syscall"
	"testing"

	"qabot/store"
)

const banner = "Hello from the branch qa/hello"

// A branch's life as a stranger sees it: through the page's control API, git and the URLs alone.
func TestLifeOfABranch(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	others := w.others()
	others.put()

	urls := w.up()
	w.shows(w.get(urls["app"]), banner, true)
	w.shows(w.submit(urls["admin"]+"/products", url.Values{"name": {"Umbrella"}, "price": {"24.90"}}), "Umbrella", true)
	if left := w.traces(); len(left) < 8 {
		t.Errorf("so little bears the environment's marks that to find nothing would not mean much: %v", left)
	}

	clone := w.clone()
	commit := w.push(clone, "Good morning")
	w.hears("`"+commit+"`", "is up at `"+commit+"`")
	page := w.get(urls["app"])
	w.shows(page, banner, false)
	w.shows(page, "Good morning", true)
	w.shows(page, "Umbrella", true)

	w.down()
	if left := w.traces(); len(left) > 0 {
		t.Errorf("left after it was taken down:\n%s", strings.Join(left, "\n"))
	}
	if _, err := answer(client.Get(urls["app"])); err == nil {
		t.Errorf("%s still answers", urls["app"])
	}
	others.stay()
	w.end(syscall.SIGTERM)
}

// The same in short where no server is installed.
func TestLifeOfABranchOnEmbeddedServers(t *testing.T) {
	t.Parallel()
	w := newTown(t, "--embedded")
	for _, server := range []string{"MySQL", "Redis"} {
		if !strings.Contains(w.log(), server+": embedded, as asked for") {
			t.Errorf("%s is not said to be embedded: %s", server, w.log())
		}
	}
	urls := w.up()
	w.shows(w.get(urls["app"]), banner, true)
	w.shows(w.submit(urls["admin"]+"/products", url.Values{"name": {"Umbrella"}, "price": {"24.90"}}), "Umbrella", true)
	commit := w.push(w.clone(), "Good morning")
	w.hears("is up at `" + commit + "`")
	page := w.get(urls["app"])
	w.shows(page, "Good morning", true)
	w.shows(page, "Umbrella", true)
	w.down()
	if left := w.traces(); len(left) > 0 {
		t.Errorf("left after it was taken down:\n%s", strings.Join(left, "\n"))
	}
	w.end(syscall.SIGTERM)
}

// id is the environment of qa/hello.
func (w *town) id() store.ID { return store.NewID("sandbox", "shop", "qa/hello") }
