package clone

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// column is one column that is copied: a generated one makes itself.
type column struct {
	name     string
	kind     string // data type, without length
	length   int    // characters that it holds; 0: it holds none
	charset  string // of its texts; empty: it has none
	nullable bool
	value    string // expression that fills it
}

type table struct {
	name    string
	engine  string
	bytes   int64
	made    string   // how the source has it
	ddl     string   // how it is made; without keys that are put off
	keys    []string // secondary ones that were put off
	foreign []string // foreign keys that were put off
	columns []column
	key     string // its primary key, if that is one whole number; else empty
	first   int64
	last    int64
	primary []string // columns of its primary key
	left    int      // statements until it is filled
}

// read finds out what the source's tables are.
func (r *run) read(ctx context.Context, conn *sql.Conn) ([]*table, error) {
	found, err := rows(ctx, conn, `SELECT table_name AS name, table_type AS sort, engine AS engine, COALESCE(data_length, 0)+COALESCE(index_length, 0) AS size, create_options AS options
		FROM information_schema.tables WHERE table_schema = ? AND table_type <> 'VIEW'`, r.Source)
	if err != nil {
		return nil, fmt.Errorf("list tables of %s: %w", r.Source, err)
	}
	var tables []*table
	at, parted := map[string]*table{}, map[string]bool{}
	for _, row := range found {
		if slices.Contains(r.Skip, row["name"]) {
			continue
		}
		if sort := row["sort"]; sort != "BASE TABLE" && sort != "SYSTEM VERSIONED" {
			return nil, &Unfit{What: row["name"], Why: "it is a " + strings.ToLower(sort)}
		}
		t := &table{name: row["name"], engine: row["engine"]}
		t.bytes, _ = strconv.ParseInt(row["size"], 10, 64)
		tables, at[t.name] = append(tables, t), t
		parted[t.name] = strings.Contains(row["options"], "partitioned")
	}
	if err := r.readColumns(ctx, conn, at); err != nil {
		return nil, err
	}
	if err := r.mask(at); err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := r.describe(ctx, conn, t, parted[t.name]); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(tables, func(t *table) bool { return len(t.keys) > 0 }) {
		// A foreign key needs a key on both of its sides.
		for _, t := range tables {
			t.ddl, t.foreign = deferForeign(t.ddl)
		}
	}
	slices.SortFunc(tables, func(a, b *table) int { return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.name, b.name)) })
	return tables, nil
}

func (r *run) readColumns(ctx context.Context, conn *sql.Conn, at map[string]*table) error {
	found, err := rows(ctx, conn, `SELECT table_name AS t, column_name AS name, data_type AS kind, character_maximum_length AS length, character_set_name AS charset, is_nullable AS nullable,
		column_key AS part, extra AS extra FROM information_schema.columns WHERE table_schema = ? ORDER BY table_name, ordinal_position`, r.Source)
	if err != nil {
		return fmt.Errorf("list columns of %s: %w", r.Source, err)
	}
	parts := map[string]int{}
	for _, row := range found {
		t := at[row["t"]]
		if t == nil {
			continue
		}
		if row["part"] == "PRI" {
			parts[t.name]++
			t.primary = append(t.primary, Quote(row["name"]))
			if t.key = ""; whole(row["kind"]) && parts[t.name] == 1 {
				t.key = Quote(row["name"])
			}
		}
		if extra := strings.ToUpper(row["extra"]); strings.Contains(extra, "VIRTUAL GENERATED") || strings.Contains(extra, "STORED GENERATED") {
			continue
		}
		c := column{name: row["name"], kind: strings.ToLower(row["kind"]), charset: row["charset"], nullable: row["nullable"] == "YES", value: Quote(row["name"])}
		c.length, _ = strconv.Atoi(row["length"])
		t.columns = append(t.columns, c)
	}
	return nil
}

// whole tells whether a data type is one of whole numbers. POINT is none.
func whole(kind string) bool {
	return slices.Contains([]string{"tinyint", "smallint", "mediumint", "int", "bigint"}, strings.ToLower(kind))
}

// elsewhere finds a foreign key into another schema: the copy would hold on to rows there.
var elsewhere = regexp.MustCompile("(?m)REFERENCES `(?:[^`]|``)+`\\.")

func (r *run) describe(ctx context.Context, conn *sql.Conn, t *table, parted bool) error {
	made, err := rows(ctx, conn, "SHOW CREATE TABLE "+Quote(t.name))
	if err != nil {
		return fmt.Errorf("describe table %s: %w", t.name, err)
	}
	if len(made) != 1 || made[0]["create table"] == "" {
		return fmt.Errorf("describe table %s: the server says nothing", t.name)
	}
	t.made = made[0]["create table"]
	t.ddl = t.made
	if elsewhere.MatchString(t.ddl) {
		return &Unfit{What: t.name, Why: "a foreign key of it leads into another schema"}
	}
	if parted {
		t.key = ""
	}
	if d := r.method.Defer; d > 0 && t.bytes > d && t.key != "" {
		t.ddl, t.keys = deferKeys(t.ddl, t.key)
	}
	if c := r.method.Chunk; c > 0 && t.bytes > c && t.key != "" {
		return r.bounds(ctx, conn, t)
	}
	t.key = ""
	return nil
}

// bounds finds the first and the last value of the key. Values that are too large to count with are copied in one go.
func (r *run) bounds(ctx context.Context, conn *sql.Conn, t *table) error {
	found, err := rows(ctx, conn, fmt.Sprintf("SELECT MIN(%s) AS first, MAX(%s) AS last FROM %s", t.key, t.key, Quote(t.name)))
	if err != nil {
		return fmt.Errorf("find the bounds of %s: %w", t.name, err)
	}
	var bad error
	if t.first, err = strconv.ParseInt(found[0]["first"], 10, 64); err != nil {
		bad = err
	}
	if t.last, err = strconv.ParseInt(found[0]["last"], 10, 64); err != nil {
		bad = err
	}
	if bad != nil || t.last-t.first < 0 {
		t.key = ""
	}
	return nil
}

// statements fill the table. The first stretch has no lower bound and the last no upper one, so rows that come meanwhile are
// not missed.
func (t *table) statements(source string, chunk int64) []string {
	names, values := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i], values[i] = Quote(c.name), c.value
	}
	if len(names) == 0 {
		return nil
	}
	insert := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s.%s", Quote(t.name), strings.Join(names, ","), strings.Join(values, ","), Quote(source), Quote(t.name))
	if t.key == "" || chunk <= 0 {
		return []string{insert}
	}
	n := (t.bytes + chunk - 1) / chunk
	step := (t.last-t.first)/n + 1
	var all []string
	for k := range n {
		var where []string
		if k > 0 {
			where = append(where, fmt.Sprintf("%s >= %d", t.key, t.first+k*step))
		}
		if k < n-1 {
			where = append(where, fmt.Sprintf("%s < %d", t.key, t.first+(k+1)*step))
		}
		q := insert
		if len(where) > 0 {
			q += " WHERE " + strings.Join(where, " AND ")
		}
		all = append(all, q)
	}
	return all
}
