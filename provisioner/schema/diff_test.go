package schema

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qabot/store"
)

func TestDiff(t *testing.T) {
	table := func(name string, columns ...string) structure {
		s := structure{{name, "table", "", "InnoDB utf8mb4_general_ci"}}
		for i := 0; i < len(columns); i += 2 {
			s = append(s, item{name, "column", columns[i], columns[i+1]})
		}
		return s
	}
	users := table("users", "id", "int not null", "age", "int")
	for _, is := range []struct {
		reason        string
		before, after structure
		want          []store.Change
	}{
		{"nothing changed", users, users, nil},
		{"nothing at all", nil, nil, nil},
		{
			"columns come, go and change, in the order of their names",
			users, table("users", "id", "bigint not null", "phone", "varchar(32)"),
			[]store.Change{
				{Table: "users", What: "column", Name: "age", Was: "int"},
				{Table: "users", What: "column", Name: "id", Was: "int not null", Is: "bigint not null"},
				{Table: "users", What: "column", Name: "phone", Is: "varchar(32)"},
			},
		},
		{"another order of columns is no change", users, table("users", "age", "int", "id", "int not null"), nil},
		{
			"a new table is one change, with its columns in their order and without its indexes",
			nil, append(table("wishes", "id", "int not null", "about", "text"), item{"wishes", "index", "PRIMARY", "unique (id)"}),
			[]store.Change{{Table: "wishes", What: "table", Is: "id int not null, about text"}},
		},
		{
			"a removed table is one change", users, nil,
			[]store.Change{{Table: "users", What: "table", Was: "id int not null, age int"}},
		},
		{
			"a table that stays may change itself", structure{{"users", "table", "", "InnoDB utf8mb3_general_ci"}}, structure{{"users", "table", "", "InnoDB utf8mb4_bin"}},
			[]store.Change{{Table: "users", What: "table", Was: "InnoDB utf8mb3_general_ci", Is: "InnoDB utf8mb4_bin"}},
		},
		{
			"tables by name, within them by sort",
			append(slices.Clone(users), item{"users", "index", "by_age", "(age)"}, item{"users", "trigger", "g", "before insert 12"}),
			append(slices.Clone(users), item{"users", "foreign key", "fk", "(age) -> ages(id)"}, item{"addresses", "table", "", "InnoDB"}, item{"users", "column", "x", "int"}, item{"addresses", "column", "id", "int"}),
			[]store.Change{
				{Table: "addresses", What: "table", Is: "id int"},
				{Table: "users", What: "column", Name: "x", Is: "int"},
				{Table: "users", What: "index", Name: "by_age", Was: "(age)"},
				{Table: "users", What: "foreign key", Name: "fk", Is: "(age) -> ages(id)"},
				{Table: "users", What: "trigger", Name: "g", Was: "before insert 12"},
			},
		},
		{
			"views and routines stand for themselves",
			structure{{"old", "view", "", "11 definer"}, {"", "routine", "p", "procedure 22"}}, structure{{"new", "view", "", "33 definer"}, {"", "routine", "p", "procedure 44"}},
			[]store.Change{
				{What: "routine", Name: "p", Was: "procedure 22", Is: "procedure 44"},
				{Table: "new", What: "view", Is: "33 definer"},
				{Table: "old", What: "view", Was: "11 definer"},
			},
		},
		{
			"a table without columns that anybody may see is told all the same", nil, structure{{"t", "table", "", "InnoDB"}},
			[]store.Change{{Table: "t", What: "table", Is: "InnoDB"}},
		},
	} {
		t.Run(is.reason, func(t *testing.T) {
			if d := cmp.Diff(is.want, diff(is.before, is.after)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			back := diff(is.after, is.before)
			if len(back) != len(is.want) {
				t.Errorf("the way back has %d changes, want %d", len(back), len(is.want))
			}
			for _, c := range back {
				if !slices.ContainsFunc(is.want, func(w store.Change) bool {
					return w.Table == c.Table && w.What == c.What && w.Name == c.Name && w.Was == c.Is && w.Is == c.Was
				}) {
					t.Errorf("the way back has %+v, which is not the mirror of any", c)
				}
			}
		})
	}
}

func TestWidthsOfNumbersSayNothing(t *testing.T) {
	for kind, want := range map[string]string{
		"int(11)": "int", "bigint(20) unsigned": "bigint unsigned", "smallint(6)": "smallint", "int": "int",
		"tinyint(1)": "tinyint(1)", "tinyint(4)": "tinyint", "int(8) unsigned zerofill": "int(8) unsigned zerofill", "varchar(11)": "varchar(11)", "point": "point", "decimal(10,2)": "decimal(10,2)",
	} {
		if got := typeText(kind); got != want {
			t.Errorf("%s became %s, want %s", kind, got, want)
		}
	}
}
