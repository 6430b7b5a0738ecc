package schema

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// structure is what a schema is made of, in reading order: tables with their columns in their order, indexes and so on. The
// marker table is no part of it. Two structures compare only if one server gave both.
type structure []item

// item is one part of a schema.
type item struct {
	Table string `json:"t,omitempty"` // empty for a routine
	What  string `json:"w"`           // as in store.Change
	Name  string `json:"n,omitempty"` // empty for a table or view itself
	Is    string `json:"i"`           // its definition; for code, a digest of it
}

// part is one query of a reading. Its arguments are the schema's name, each; its first two columns are table and name.
type part struct {
	query string
	item  func(rows [][]string) item // of all the rows of one table and name
}

// read reads a schema's structure with one query for each sort of part, none of which opens table statistics. A server that
// lacks one of the catalogue's tables gives less.
func (s *Server) read(ctx context.Context, schema string) (structure, error) {
	var all structure
	tables := map[string]bool{}
	for _, p := range parts {
		items, err := s.readPart(ctx, p, schema)
		if is(err, unknownTable, tableGone, unknownColumn, syntax, unspecified) {
			s.o.Log.Debug("read structure: a part is not to be had", "schema", schema, "error", err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read structure of %s: %w", schema, err)
		}
		for _, i := range items {
			if i.What == "table" {
				tables[i.Table] = true
			}
			if i.Table == marksTable || i.What == "column" && !tables[i.Table] { // those of views follow from their definitions
				continue
			}
			all = append(all, i)
		}
	}
	return all, nil
}

func (s *Server) readPart(ctx context.Context, p part, schema string) ([]item, error) {
	rows, err := s.db.QueryContext(ctx, p.query, slices.Repeat([]any{schema}, strings.Count(p.query, "?"))...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var items []item
	var group [][]string
	end := func() {
		if len(group) > 0 {
			items = append(items, p.item(group))
		}
		group = nil
	}
	for rows.Next() {
		row, err := texts(rows, len(columns))
		if err != nil {
			return nil, err
		}
		if len(group) > 0 && !slices.Equal(group[0][:2], row[:2]) {
			end()
		}
		group = append(group, row)
	}
	end()
	return items, rows.Err()
}

// texts reads a row as strings, NULL as the empty one.
func texts(rows *sql.Rows, n int) ([]string, error) {
	cells, into, row := make([]sql.NullString, n), make([]any, n), make([]string, n)
	for i := range cells {
		into[i] = &cells[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	for i, c := range cells {
		row[i] = c.String
	}
	return row, nil
}
