package schema

import (
	"cmp"
	"slices"
	"strings"

	"qabot/store"
)

// diff tells what became different between two structures, by table, sort of part and name. A table that is new or gone is
// one Change, which lists its columns. Views, code and tables that are there both times are Changes of their parts.
func diff(before, after structure) []store.Change {
	was, is := index(before), index(after)
	var changes []store.Change
	for _, old := range before {
		if _, stays := is.items[old.key()]; !stays && !is.lacks(old) {
			changes = append(changes, store.Change{Table: old.Table, What: old.What, Name: old.Name, Was: was.text(old)})
		}
	}
	for _, now := range after {
		old, there := was.items[now.key()]
		if !there && !was.lacks(now) {
			changes = append(changes, store.Change{Table: now.Table, What: now.What, Name: now.Name, Is: is.text(now)})
		} else if there && old != now.Is {
			changes = append(changes, store.Change{Table: now.Table, What: now.What, Name: now.Name, Was: old, Is: now.Is})
		}
	}
	slices.SortStableFunc(changes, func(a, b store.Change) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(rank(a.What), rank(b.What)), cmp.Compare(a.Name, b.Name))
	})
	return changes
}

type key struct{ table, what, name string }

func (i item) key() key { return key{i.Table, i.What, i.Name} }

type indexed struct {
	items   map[key]string
	columns map[string][]string // by table, in their order
}

func index(s structure) indexed {
	x := indexed{items: map[key]string{}, columns: map[string][]string{}}
	for _, i := range s {
		x.items[i.key()] = i.Is
		if i.What == "column" {
			x.columns[i.Table] = append(x.columns[i.Table], i.Name+" "+i.Is)
		}
	}
	return x
}

// lacks tells whether an item belongs to a table that is missing here as a whole, which is a Change of its own.
func (x indexed) lacks(i item) bool {
	if i.What == "table" || i.What == "view" || i.What == "routine" {
		return false
	}
	_, table := x.items[key{i.Table, "table", ""}]
	return !table
}

// text is the definition as a Change shows it when there is nothing on its other side.
func (x indexed) text(i item) string {
	if columns := x.columns[i.Table]; i.What == "table" && len(columns) > 0 {
		return strings.Join(columns, ", ")
	}
	return i.Is
}

func rank(what string) int {
	return slices.Index([]string{"table", "view", "column", "index", "foreign key", "check", "trigger", "routine"}, what)
}
