package schema

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
)

// Structure is what a schema is made of, in reading order: tables with their columns in their order, indexes and so on. The
// marker table is no part of it. Two Structures compare only if one server gave both.
type Structure []Item

// Item is one part of a schema.
type Item struct {
	Table string `json:"t,omitempty"` // empty for a routine
	What  string `json:"w"`           // as in store.Change
	Name  string `json:"n,omitempty"` // empty for a table or view itself
	Is    string `json:"i"`           // its definition; for code, a digest of it
}

// part is one query of a reading: every row is one Item, or continues the one before it where names are equal.
type part struct {
	query string // has the schema's name as its only argument, and gives strings
	item  func(row []string) Item
	join  func(item *Item, row []string) // nil: rows stand for themselves
}

// Read reads a schema's structure with one query for each sort of part, none of which opens table statistics. A server that
// lacks one of the catalogue's tables gives less.
func (s *Server) Read(ctx context.Context, schema string) (Structure, error) {
	var all Structure
	for _, p := range parts {
		items, err := s.readPart(ctx, p, schema)
		if is(err, unknownTable, tableGone, unknownColumn, syntax, unspecified) {
			s.o.Log.Debug("read structure: a part is not to be had", "schema", schema, "error", err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read structure of %s: %w", schema, err)
		}
		all = append(all, items...)
	}
	return all, nil
}

func (s *Server) readPart(ctx context.Context, p part, schema string) ([]Item, error) {
	rows, err := s.db.QueryContext(ctx, p.query, schema)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	cells, row := make([]sql.NullString, len(columns)), make([]string, len(columns))
	into := make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	var items []Item
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, c := range cells {
			row[i] = c.String
		}
		item := p.item(row)
		if item.Table == marksTable {
			continue
		}
		if last := len(items) - 1; p.join != nil && last >= 0 && items[last].Table == item.Table && items[last].Name == item.Name {
			p.join(&items[last], row)
			continue
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

// parts are read in this order. MySQL names the columns of its answers in capitals; only their order counts.
var parts = []part{
	{
		query: `SELECT table_name, table_type, engine, table_collation FROM information_schema.tables
			WHERE table_schema = ? AND table_type <> 'VIEW' ORDER BY table_name`,
		item: func(r []string) Item { return Item{r[0], "table", "", words(r[2], r[3])} },
	},
	{
		query: `SELECT table_name, column_name, column_type, collation_name, is_nullable, CONCAT('default ', column_default), extra, generation_expression
			FROM information_schema.columns WHERE table_schema = ? ORDER BY table_name, ordinal_position`,
		item: func(r []string) Item { return Item{r[0], "column", r[1], columnText(r)} },
	},
	{
		query: `SELECT table_name, index_name, non_unique, index_type, column_name, sub_part, collation
			FROM information_schema.statistics WHERE table_schema = ? ORDER BY table_name, index_name, seq_in_index`,
		item: func(r []string) Item { return Item{r[0], "index", r[1], words(indexSort(r), "("+indexPart(r)+")")} },
		join: func(i *Item, r []string) { i.Is = strings.TrimSuffix(i.Is, ")") + ", " + indexPart(r) + ")" },
	},
	{
		query: `SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_schema, k.referenced_table_name,
			k.referenced_column_name, r.delete_rule, r.update_rule, k.table_schema
			FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
			ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
			WHERE k.table_schema = ? AND k.referenced_table_name IS NOT NULL ORDER BY k.table_name, k.constraint_name, k.ordinal_position`,
		item: foreignKey,
		join: func(i *Item, r []string) {
			from, to, _ := strings.Cut(i.Is, ") -> ")
			to, rules, _ := strings.Cut(to, ") ")
			i.Is = from + ", " + r[2] + ") -> " + to + ", " + r[5] + ") " + rules
		},
	},
	{
		query: `SELECT table_name, constraint_name, check_clause FROM information_schema.check_constraints
			WHERE constraint_schema = ? ORDER BY table_name, constraint_name`, // MariaDB
		item: func(r []string) Item { return Item{r[0], "check", r[1], r[2]} },
	},
	{
		query: `SELECT t.table_name, t.constraint_name, c.check_clause, t.enforced FROM information_schema.table_constraints t
			JOIN information_schema.check_constraints c ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
			WHERE t.constraint_schema = ? AND t.constraint_type = 'CHECK' ORDER BY t.table_name, t.constraint_name`, // MySQL
		item: func(r []string) Item {
			not := ""
			if r[3] == "NO" {
				not = "not enforced"
			}
			return Item{r[0], "check", r[1], words(r[2], not)}
		},
	},
	{
		query: `SELECT table_name, view_definition, security_type FROM information_schema.views WHERE table_schema = ? ORDER BY table_name`,
		item:  func(r []string) Item { return Item{r[0], "view", "", words(digest(r[1]), strings.ToLower(r[2]))} },
	},
	{
		query: `SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement
			FROM information_schema.triggers WHERE trigger_schema = ? ORDER BY event_object_table, trigger_name`,
		item: func(r []string) Item {
			return Item{r[0], "trigger", r[1], words(strings.ToLower(r[2]+" "+r[3]), digest(r[4]))}
		},
	},
	{
		query: `SELECT routine_type, routine_name, routine_definition, dtd_identifier FROM information_schema.routines
			WHERE routine_schema = ? ORDER BY routine_type, routine_name`,
		item: func(r []string) Item {
			return Item{"", "routine", r[1], words(strings.ToLower(r[0]), r[3], digest(r[2]))}
		},
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
	return words(r[2], r[3], null, preset, strings.ToLower(r[6]), made)
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

func foreignKey(r []string) Item {
	to := r[4]
	if r[3] != r[8] {
		to = r[3] + "." + to
	}
	rules := ""
	if r[6] != "NO ACTION" && r[6] != "RESTRICT" {
		rules = "on delete " + strings.ToLower(r[6])
	}
	if r[7] != "NO ACTION" && r[7] != "RESTRICT" {
		rules = words(rules, "on update "+strings.ToLower(r[7]))
	}
	return Item{r[0], "foreign key", r[1], words("("+r[2]+") -> "+to+"("+r[5]+")", rules)}
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
