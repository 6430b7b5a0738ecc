package store

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func keys(letters []Letter) (all []string) {
	for _, l := range letters {
		all = append(all, l.Key)
	}
	return all
}

func TestLettersAreKeptOnceAndInOrder(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		body := []byte("{\"text\":\"'; DROP \\ \x00 ü 😀\"}\xff")
		for i, key := range []string{"z", "a", "m", "A", "a ", "1e5"} {
			fresh := must[bool](t)(s.Receive(t.Context(), Letter{Key: key, Lane: "shop", Source: "slack", Kind: "command", Body: body}))
			if !fresh {
				t.Errorf("letter %d is not fresh", i)
			}
		}
		for _, lane := range []string{"shop", "other"} {
			if must[bool](t)(s.Receive(t.Context(), Letter{Key: "a", Lane: lane})) {
				t.Error("a repeated letter is fresh")
			}
		}
		letters := must[[]Letter](t)(s.Letters(t.Context(), "shop"))
		if diff := cmp.Diff([]string{"z", "a", "m", "A", "a ", "1e5"}, keys(letters)); diff != "" {
			t.Error(diff)
		}
		l := letters[0]
		if l.Lane != "shop" || l.Source != "slack" || l.Kind != "command" || !bytes.Equal(l.Body, body) || clock(t, s).Sub(l.At) > time.Minute {
			t.Errorf("got %+v", l)
		}
		if _, err := s.Receive(t.Context(), Letter{Lane: "shop"}); err == nil {
			t.Error("took a letter without a key")
		}
	})
}

func TestLettersThatComeTogether(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		must[bool](t)(s.Receive(t.Context(), Letter{Key: "b", Lane: "shop"}))
		fresh := must[[]bool](t)(s.ReceiveAll(t.Context(), []Letter{{Key: "c", Lane: "shop"}, {Key: "b", Lane: "shop"}, {Key: "a", Lane: "shop"}, {Key: "c", Lane: "blog"}}))
		if diff := cmp.Diff([]bool{true, false, true, false}, fresh); diff != "" {
			t.Error(diff)
		}
		if _, err := s.ReceiveAll(t.Context(), []Letter{{Key: "d", Lane: "shop"}, {Lane: "shop"}}); err == nil {
			t.Error("took a letter without a key")
		}
		if diff := cmp.Diff([]string{"b", "c", "a"}, keys(must[[]Letter](t)(s.Letters(t.Context(), "shop")))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFinishedLettersLeaveTheirKey(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *Store) {
		for _, key := range []string{"1", "2"} {
			must[bool](t)(s.Receive(t.Context(), Letter{Key: key, Lane: "shop", Body: []byte("x")}))
		}
		must[bool](t)(s.Receive(t.Context(), Letter{Key: "3", Lane: "blog"}))
		lanes := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, must[[]string](t)(s.Lanes(t.Context()))); diff != "" {
				t.Error(diff)
			}
		}
		lanes("shop", "blog")
		c := claimName(t, s, "lane/shop")
		ok(t, s.Finish(t.Context(), c, "1"))
		ok(t, s.Finish(t.Context(), c, "3")) // not in this lane: nothing happens
		lanes("shop", "blog")
		if s.Finish(t.Context(), c, "2", Message{Key: "answer", Lane: "ana"}, Message{}) == nil {
			t.Error("took an answer without a key")
		}
		lanes("shop", "blog")
		if got := must[[]string](t)(s.Unsent(t.Context())); len(got) != 0 {
			t.Errorf("%v is to be said, and the letter is not finished", got)
		}
		ok(t, s.Finish(t.Context(), c, "2", Message{Key: "answer", Lane: "ana"}))
		lanes("blog")
		if got := must[[]string](t)(s.Unsent(t.Context())); len(got) != 1 {
			t.Errorf("%v is to be said, want the answer", got)
		}
		if must[bool](t)(s.Receive(t.Context(), Letter{Key: "1", Lane: "shop"})) {
			t.Error("a finished letter is fresh")
		}
		var size int
		ok(t, s.reader().row(t.Context(), "SELECT LENGTH(body) FROM letters WHERE letter_key='1'").Scan(&size))
		if size != 0 {
			t.Error("the body is kept")
		}

		must[int64](t)(s.reader().exec(t.Context(), "UPDATE letters SET finished={now}-9*24*3600*1000 WHERE letter_key='1'"))
		ok(t, s.Finish(t.Context(), c, "2"))
		if !must[bool](t)(s.Receive(t.Context(), Letter{Key: "1", Lane: "shop"})) {
			t.Error("a key is remembered for more than 8 days")
		}
		if must[bool](t)(s.Receive(t.Context(), Letter{Key: "2", Lane: "shop"})) {
			t.Error("a key is forgotten within 8 days")
		}
		lapse(t, s)
		is(t, s.Finish(t.Context(), c, "1", Message{Key: "late", Lane: "late"}), ErrFenced)
		if got := must[[]string](t)(s.Unsent(t.Context())); len(got) != 1 {
			t.Errorf("%v is to be said: an answer of somebody who has lost the claim is kept", got)
		}
		if err := s.Finish(t.Context(), claimName(t, s, "sweep"), "1"); err == nil {
			t.Error("finished with another claim")
		}
	})
}

func TestLettersOfTwoProcesses(t *testing.T) {
	onEach(t, func(t *testing.T, d database) {
		stores := []*Store{d.open(t, Options{}), d.open(t, Options{})}
		var mu sync.Mutex
		fresh := map[string]int{}
		var wg sync.WaitGroup
		for _, s := range stores {
			for i := range 12 {
				wg.Go(func() {
					key := fmt.Sprintf("delivery-%d", i)
					was, err := s.Receive(t.Context(), Letter{Key: key, Lane: "shop"})
					if err != nil {
						t.Error(err)
					}
					if was {
						mu.Lock()
						fresh[key]++
						mu.Unlock()
					}
				})
			}
		}
		wg.Wait()
		for key, n := range fresh {
			if n != 1 {
				t.Errorf("%s was fresh %d times", key, n)
			}
		}
		if got := len(must[[]Letter](t)(stores[0].Letters(t.Context(), "shop"))); got != 12 || len(fresh) != 12 {
			t.Errorf("%d letters, %d fresh, want 12", got, len(fresh))
		}
	})
}
