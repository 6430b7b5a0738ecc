// Package storetest gives tests a store that is up to date from the start: bringing the tables up to date takes longer than most
// tests. It is not for tests of that.
package storetest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"qabot/store"
)

// fresh is the file of an SQLite store that nothing was done with.
var fresh = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "fresh.db")
	s, err := store.Open(context.Background(), "sqlite:"+path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil { // which leaves all in the one file
		return nil, err
	}
	return os.ReadFile(path)
})

// Make makes the file of a new store where "sqlite:PATH" says; its folder is there.
func Make(t testing.TB, dsn string) {
	t.Helper()
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if !ok {
		t.Fatalf("%q is not the address of a file", dsn)
	}
	content, err := fresh()
	if err != nil {
		t.Fatalf("make a store: %v", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatalf("make a store: %v", err)
	}
}

// Open opens a new SQLite store for as long as the test runs.
func Open(t testing.TB) *store.Store {
	t.Helper()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "qabot.db")
	Make(t, dsn)
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
