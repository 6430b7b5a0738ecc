package schema

import (
	"context"
	"fmt"
	"strings"

	"qabot/store"
)

// countLimit is how many rows are counted at most: to count more takes longer than it tells.
const countLimit = 100_000

// warnings tell what of a migration may hurt: data that went, tables that were written anew row by row, and columns that an
// older version does not know how to fill. ids are the tables' identities before and after; those that cannot be had are guessed
// from the structure.
func (s *Server) warnings(ctx context.Context, schema string, before structure, changes []store.Change, was, is map[string]string) ([]store.Detail, error) {
	old := index(before)
	var warn []store.Detail
	rebuilt := map[string]bool{}
	var order []string
	for _, c := range changes {
		_, stays := old.items[key{c.Table, "table", ""}]
		switch {
		case c.What == "table" && c.Is == "":
			warn = append(warn, store.Say(store.WarnTableGone, c.Table))
		case c.What == "column" && c.Is == "":
			warn = append(warn, store.Say(store.WarnColumnGone, c.Table, c.Name))
		case c.What == "column" && stays && demands(c.Is) && !demands(c.Was):
			warn = append(warn, store.Say(store.WarnNotNull, c.Table, c.Name))
		}
		if stays && c.Is != "" && c.Table != "" && !rebuilt[c.Table] && anew(c, was[c.Table], is[c.Table]) {
			rebuilt[c.Table] = true
			order = append(order, c.Table)
		}
	}
	for _, table := range order {
		n, err := column(ctx, s.db, fmt.Sprintf("SELECT COUNT(*) FROM (SELECT 1 FROM %s.%s LIMIT %d) some", quote(schema), quote(table), countLimit+1))
		if err != nil || len(n) == 0 {
			return nil, fmt.Errorf("count rows of %s: %w", table, err)
		}
		switch {
		case n[0] == "0":
		case n[0] == fmt.Sprint(countLimit+1):
			warn = append(warn, store.Say(store.WarnRebuiltMany, table, countLimit))
		default:
			warn = append(warn, store.Say(store.WarnRebuilt, table, n[0]))
		}
	}
	return warn, nil
}

// anew tells whether a change wrote the table anew: InnoDB gives such a table another identity. Where that is not to be seen, a
// column of another type, or a table of another engine, tells.
func anew(c store.Change, was, is string) bool {
	if was != "" && is != "" {
		return was != is
	}
	first := func(definition string) string { word, _, _ := strings.Cut(definition, " "); return word }
	return (c.What == "column" || c.What == "table") && c.Was != "" && c.Is != "" && first(c.Was) != first(c.Is)
}

// demands tells whether a column must be given a value in every INSERT.
func demands(definition string) bool {
	if definition == "" {
		return false
	}
	for _, without := range []string{" default ", "auto_increment", " as (", "default_generated"} {
		if strings.Contains(definition, without) {
			return false
		}
	}
	return strings.Contains(" "+definition+" ", " not null ")
}

// identities gives InnoDB's identity of each table, which changes when a table is written anew; nothing where qabot may not look.
func (s *Server) identities(ctx context.Context, schema string) map[string]string {
	for _, catalogue := range []string{"innodb_tables", "innodb_sys_tables"} {
		rows, err := s.db.QueryContext(ctx, "SELECT name, table_id FROM information_schema."+catalogue+" WHERE name LIKE ?", pattern(schema)+"/%")
		if err != nil {
			continue
		}
		ids := map[string]string{}
		for rows.Next() {
			if row, err := texts(rows, 2); err == nil {
				ids[strings.TrimPrefix(row[0], schema+"/")] = row[1]
			}
		}
		if rows.Close() == nil && len(ids) > 0 {
			return ids
		}
	}
	return nil
}
