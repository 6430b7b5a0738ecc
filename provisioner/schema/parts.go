package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// parts are read in this order. Each table of the catalogue is asked for the one schema by a condition of its own: without,
// MariaDB opens every table of the server for it. MySQL names the columns of its answers in capitals; only their order counts.
var parts = []part{
	{
		query: `SELECT table_name, '', engine, table_collation FROM information_schema.tables
			WHERE table_schema = ? AND table_type <> 'VIEW' ORDER BY table_name`,
		item: one(func(r []string) item { return item{r[0], "table", "", words(r[2], r[3])} }),
	},
	{
		query: `SELECT table_name, column_name, column_type, collation_name, is_nullable, CONCAT('default ', column_default), extra, generation_expression
			FROM information_schema.columns WHERE table_schema = ? ORDER BY table_name, ordinal_position`,
		item: one(func(r []string) item { return item{r[0], "column", r[1], columnText(r)} }),
	},
	{
		query: `SELECT table_name, index_name, non_unique, index_type, column_name, sub_part, collation
			FROM information_schema.statistics WHERE table_schema = ? ORDER BY table_name, index_name, seq_in_index`,
		item: func(rows [][]string) item {
			r := rows[0]
			return item{r[0], "index", r[1], words(indexSort(r), list(rows, indexPart))}
		},
	},
	{
		// The rules of a key, and behind them its columns: MariaDB takes longer to join the two than to read both.
		query: `SELECT table_name, constraint_name, 0, '', '', '', '', delete_rule, update_rule, constraint_schema
			FROM information_schema.referential_constraints WHERE constraint_schema = ?
			UNION ALL SELECT table_name, constraint_name, ordinal_position, column_name, referenced_table_schema, referenced_table_name, referenced_column_name, '', '', constraint_schema
			FROM information_schema.key_column_usage WHERE table_schema = ? AND referenced_table_name IS NOT NULL ORDER BY 1, 2, 3`,
		item: foreignKey,
	},
	{
		query: `SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints
			WHERE constraint_schema = ? ORDER BY table_name, constraint_name`, // MariaDB
		item: one(func(r []string) item { return item{r[0], "check", r[1], r[2]} }),
	},
	{
		query: `SELECT t.table_name, t.constraint_name, c.check_clause, t.enforced FROM information_schema.table_constraints t
			JOIN information_schema.check_constraints c ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
			WHERE t.constraint_schema = ? AND t.constraint_type = 'CHECK' ORDER BY t.table_name, t.constraint_name`, // MySQL
		item: one(func(r []string) item {
			not := ""
			if r[3] == "NO" {
				not = "not enforced"
			}
			return item{r[0], "check", r[1], words(r[2], not)}
		}),
	},
	{
		query: `SELECT table_name, '', view_definition, security_type FROM information_schema.views WHERE table_schema = ? ORDER BY table_name`,
		item:  one(func(r []string) item { return item{r[0], "view", "", words(digest(r[2]), strings.ToLower(r[3]))} }),
	},
	{
		query: `SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement
			FROM information_schema.triggers WHERE trigger_schema = ? ORDER BY event_object_table, trigger_name`,
		item: one(func(r []string) item {
			return item{r[0], "trigger", r[1], words(strings.ToLower(r[2]+" "+r[3]), digest(r[4]))}
		}),
	},
	{
		query: `SELECT routine_type, routine_name, routine_definition, dtd_identifier FROM information_schema.routines
			WHERE routine_schema = ? ORDER BY routine_type, routine_name`,
		item: one(func(r []string) item {
			return item{"", "routine", r[1], words(strings.ToLower(r[0]), r[3], digest(r[2]))}
		}),
	},
}

func columnText(r []string) string {
	null, preset := "not null", r[5]
	if r[4] == "YES" {
		null = ""
		if preset == "default NULL" { // as MariaDB has it
			preset = ""
		}
	}
	made := ""
	if r[7] != "" {
		made = "as (" + r[7] + ")"
	}
	return words(typeText(r[2]), r[3], null, preset, strings.ToLower(r[6]), made)
}

// width is how many digits of a whole number are shown: it means nothing, and MySQL no longer says it.
var width = regexp.MustCompile(`^((?:tiny|small|medium|big)?int)\(\d+\)`)

// typeText is a column's type as both servers have it. Widths stay where they say something: tinyint(1) is how applications know
// a boolean, and zerofill fills up to them.
func typeText(kind string) string {
	if kind == "tinyint(1)" || strings.HasSuffix(kind, "zerofill") {
		return kind
	}
	return width.ReplaceAllString(kind, "$1")
}

func indexSort(r []string) string {
	sort := ""
	if r[2] == "0" {
		sort = "unique"
	}
	if r[3] != "BTREE" {
		sort = words(sort, strings.ToLower(r[3]))
	}
	return sort
}

func indexPart(r []string) string {
	name := r[4]
	if name == "" {
		name = "expression"
	}
	if r[5] != "" {
		name += "(" + r[5] + ")"
	}
	if r[6] == "D" {
		name += " desc"
	}
	return name
}

// foreignKey reads the rules of a key and its columns.
func foreignKey(rows [][]string) item {
	rules, columns := rows[0], rows[1:]
	if len(columns) == 0 { // they are not for us to see
		return item{rules[0], "foreign key", rules[1], words(rule("on delete", rules[7]), rule("on update", rules[8]))}
	}
	first := columns[0]
	to := first[5]
	if first[4] != first[9] {
		to = first[4] + "." + to
	}
	from := list(columns, func(r []string) string { return r[3] })
	into := list(columns, func(r []string) string { return r[6] })
	return item{rules[0], "foreign key", rules[1], words(from+" -> "+to+into, rule("on delete", rules[7]), rule("on update", rules[8]))}
}

// rule leaves out what is so without being said; servers name it differently.
func rule(on, does string) string {
	if does == "NO ACTION" || does == "RESTRICT" {
		return ""
	}
	return on + " " + strings.ToLower(does)
}

// one is for parts that are told in one row.
func one(of func(row []string) item) func([][]string) item {
	return func(rows [][]string) item { return of(rows[0]) }
}

// list puts one word of each row into brackets.
func list(rows [][]string, word func([]string) string) string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = word(r)
	}
	return "(" + strings.Join(all, ", ") + ")"
}

// words joins those that are not empty.
func words(all ...string) string {
	var said []string
	for _, w := range all {
		if w != "" {
			said = append(said, w)
		}
	}
	return strings.Join(said, " ")
}

// digest stands for text that is too long to show and only compared. Empty stays empty: it was not for us to read.
func digest(text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
