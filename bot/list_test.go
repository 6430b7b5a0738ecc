package bot

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"qabot/bot/slacksim"
	"qabot/store"
)

// whispers are the messages that only that user sees, oldest first.
func (w *world) whispers(user, channel string) (said []string) {
	id := w.slack.UserID(user)
	for _, m := range w.slack.Messages(channel) {
		if m.Ephemeral == id {
			said = append(said, m.Text)
		}
	}
	return said
}

// Turning the pages shows each environment once, there and back, and a page that is gone is the last one that is left.
func TestListPages(t *testing.T) {
	var scenes []scene
	for i := range 2*listPage + 5 {
		s := settled(nil)
		s.env.Spec.Branch = fmt.Sprintf("many/%02d", i)
		scenes = append(scenes, s)
	}
	page := func(l listing) (words, previous, next string) {
		v := list(english(), scenes, l, "U0", func(store.Thread) string { return "" })
		for _, e := range v.Blocks[len(v.Blocks)-1].(*slack.ActionBlock).Elements.ElementSet {
			switch b := e.(*slack.ButtonBlockElement); b.Text.Text {
			case "Previous":
				previous = b.Value
			case "Next":
				next = b.Value
			}
		}
		return v.lines(), previous, next
	}
	l, seen := listing{}, ""
	for n := 1; ; n++ {
		words, previous, next := page(l)
		if !strings.Contains(words, fmt.Sprintf("page %d of 3", n)) || (n == 1) != (previous == "") {
			t.Fatalf("page %d, back to %q:\n%s", n, previous, words)
		}
		if n > 1 && listingOf(previous).Page != n-2 {
			t.Errorf("page %d leads back to %q", n, previous)
		}
		seen += words
		if next == "" {
			break
		}
		l = listingOf(next)
	}
	for i := range scenes {
		if n := strings.Count(seen, scenes[i].env.Spec.Branch+" "); n != 1 {
			t.Errorf("%s is listed %d times", scenes[i].env.Spec.Branch, n)
		}
	}
	if words, _, next := page(listing{Page: 99}); !strings.Contains(words, "page 3 of 3") || next != "" {
		t.Errorf("a page that is gone:\n%s", words)
	}
}

// The buttons turn the page where it is: for one person in a channel, and in the message itself in direct messages.
func TestListTurns(t *testing.T) {
	w := newWorld(t, nil)
	w.commit("feature/login", "first")
	w.many(listPage + 1)
	w.run()
	for _, channel := range []string{"qa", "@ana"} {
		said := func() (found slacksim.Message) {
			lists := 0
			for _, m := range w.slack.Messages(channel) {
				if m.Bot && strings.Contains(wordsOf(m.Blocks), "Environments:") {
					found = m
					lists++
				}
			}
			if lists > 1 {
				t.Fatalf("%s: %d lists, want one whose page is turned", channel, lists)
			}
			return found
		}
		if channel == "qa" {
			w.type_("ana", channel, "list")
		} else {
			w.write("ana", channel, "list", "")
		}
		last := fmt.Sprintf("many/%02d", listPage)
		w.await("the first page", func() bool { return strings.Contains(wordsOf(said().Blocks), "many/00") })
		if strings.Contains(wordsOf(said().Blocks), last) {
			t.Errorf("%s: everything is on one page", channel)
		}
		w.click("ana", channel, said().TS, numbered(actionList, 1))
		w.await("the second page", func() bool {
			words := wordsOf(said().Blocks)
			return strings.Contains(words, last) && !strings.Contains(words, "many/00")
		})
	}
}
