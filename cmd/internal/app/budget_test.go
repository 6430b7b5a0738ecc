package app

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qabot/manifests"
	"qabot/provisioner/schema"
)

func TestReserve(t *testing.T) {
	for text, want := range map[string]schema.Share{"40%": {Percent: 40}, "100": {Number: 100}, " 0 % ": {}, "0": {}} {
		got, ok := Database{Reserve: text}.reserve()
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%q: %v, %s", text, ok, diff)
		}
	}
	for _, text := range []string{"", "much", "-1", "100%", "40 percent", "1.5"} {
		if got, ok := (Database{Reserve: text}).reserve(); ok {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func TestBudgetInTheConfiguration(t *testing.T) {
	decoded := func(old, new string) error {
		text := strings.Replace(manifests.Configuration, old, new, 1)
		if text == manifests.Configuration {
			t.Fatalf("the example has no %q", old)
		}
		_, err := Decode("qabot.yaml", []byte(text))
		return err
	}
	if err := textOf(decoded("reserve: 40%", "reserve: 100\n  account: shared")); err != "" {
		t.Errorf("a number and shared: %s", err)
	}
	for new, want := range map[string]string{
		"reserve: all": "database.reserve: must be a percentage", "account: mine": "database.account: must be own or shared",
	} {
		if err := textOf(decoded("reserve: 40%", new)); !strings.Contains(err, want) {
			t.Errorf("%s: %q, want %q", new, err, want)
		}
	}
	if err := textOf(decoded("service: shop-worker}", "service: shop-worker, pool: -1, processes: -2}")); !strings.Contains(err, ".pool: must not be negative") ||
		!strings.Contains(err, ".processes: must not be negative") {
		t.Errorf("negative numbers: %q", err)
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
