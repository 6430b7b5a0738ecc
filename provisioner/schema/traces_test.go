package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"qabot/store"
)

// What gc is told of is what bears our marks under the name that belongs to them; all else that looks like it stays apart.
func TestTraces(t *testing.T) {
	w := newWorld(t, "", func(o *Options) { o.Protected = []string{"QA_shop_Kept_Apart"} })
	w.mustApply()
	lost, other, alone, unmarked, far := newID("lost"), newID("other"), newID("alone"), newID("unmarked"), newID("far")
	schemas := map[string][]string{
		Name("shop", lost):                      {"installation", "test", "environment", string(lost)},     // marks, and no row
		Name("shop", other):                     {"installation", "another", "environment", string(other)}, // of another installation
		"qa_shop_copy_of_it":                    {"installation", "test", "environment", string(w.id)},     // a copy under another name
		"qa_till_" + lost.Underscored():         {"installation", "test", "environment", string(lost)},     // of an app that is no more
		"qa_shop_odd":                           {"installation", "test", "environment", "../staging"},     // no ID
		"qa_slot":                               {"installation", "test"},                                  // of no environment
		Name("shop", unmarked):                  nil,
		"qa_shop_kept_apart":                    {"installation", "test", "environment", "kept-apart-aaaaaaa"}, // protected
		"qa1_" + far.Underscored():              {"installation", "test", "environment", string(far)},          // the underscore is no wildcard
		"shop_staging_of_" + lost.Underscored(): {"installation", "test", "environment", string(lost)},
	}
	for name, marks := range schemas {
		w.exec("CREATE DATABASE " + quote(name))
		t.Cleanup(func() { w.exec0("DROP DATABASE " + quote(name)) })
		if marks == nil {
			continue
		}
		w.exec("CREATE TABLE " + marksOf(name) + " (name VARCHAR(191) PRIMARY KEY, value LONGTEXT)")
		for pair := range slices.Chunk(marks, 2) {
			w.exec("INSERT INTO "+marksOf(name)+" VALUES (?, ?)", pair[0], pair[1])
		}
	}
	for _, id := range []store.ID{lost, other, alone} {
		w.exec("CREATE USER " + user(Account(id)))
		t.Cleanup(func() { w.exec0("DROP USER " + user(Account(id))) })
	}
	traces, err := w.Traces(t.Context(), []string{"store", "shop"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tr := range traces {
		mine := slices.Contains([]store.ID{w.id, lost, other, alone, unmarked, far}, tr.Environment)
		if _, made := schemas[tr.What.Args[0]]; !made && !mine {
			continue // of another test
		}
		got = append(got, fmt.Sprintf("%s of %s %s %s", tr.What.Args[0], tr.Environment, tr.App, tr.Doubt))
	}
	slices.Sort(got)
	want := []string{
		fmt.Sprintf("%s of %s shop ", w.name(), w.id),
		fmt.Sprintf("%s of %s shop ", Name("shop", lost), lost),
		fmt.Sprintf("qa_shop_copy_of_it of %s  doubt.name", w.id),
		fmt.Sprintf("qa_till_%s of %s  doubt.app", lost.Underscored(), lost),
		"qa_shop_odd of ../staging  doubt.name",
		fmt.Sprintf("%s of %s  doubt.unmarked", Name("shop", unmarked), unmarked),
		fmt.Sprintf("%s of %s  doubt.unmarked", Account(w.id), w.id),
		fmt.Sprintf("%s of %s  doubt.unmarked", Account(lost), lost),
		fmt.Sprintf("%s of %s  doubt.unmarked", Account(alone), alone),
	}
	slices.Sort(want)
	if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
		t.Errorf("traces:\n%s\nwant:\n%s", a, b)
	}
}

// A tombstone made from marks is all that the ordinary pass needs, and it takes away nothing else.
func TestWhatNoRowKnowsOfIsRemovedByATombstone(t *testing.T) {
	before := newWorld(t, "", nil)
	before.mustApply()
	before.exec("CREATE TABLE " + quote(before.name()) + ".orders (id INT PRIMARY KEY)")
	w := newWorld(t, "", nil) // with a store of its own
	w.id, w.vault, w.Server.vault = before.id, before.vault, before.vault
	w.mustRemove()
	if n := w.things(); n != 0 {
		t.Errorf("%d things are left", n)
	}
}

// However a branch is called, its schema is never called like another one.
func TestNoBranchGetsTheNameOfStaging(t *testing.T) {
	for _, staging := range []string{"shop_staging", "qa_shop_staging", "qa_shop"} {
		for _, branch := range []string{staging, "staging", "shop-staging", "shop/staging", "qa/shop_staging", strings.ToUpper(staging)} {
			for _, app := range []string{"shop", "staging", "shop-staging"} {
				if id := store.NewID("test", app, branch); Name(app, id) == staging || Account(id) == staging {
					t.Errorf("%s of %s has the schema %s", branch, app, staging)
				}
			}
		}
	}
}
