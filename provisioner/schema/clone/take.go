package clone

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Move is the part of RENAME TABLE that takes a table from one schema into another.
func Move(from, to, table string) string {
	return Quote(from) + "." + Quote(table) + " TO " + Quote(to) + "." + Quote(table)
}

// Take fills the target from a copy of the source's tables that was made before, under another name and without triggers or views.
// The tables change their schema in one statement, which takes no longer for more rows; the rest is made after it, unless TablesOnly is set. Nothing but
// what Skip names stays in the other schema.
func (c Copy) Take(ctx context.Context, db, owner *sql.DB, pool string) (Report, error) {
	r := &run{Copy: c, db: db}
	conn, err := r.session(ctx, db, c.Target)
	if err != nil {
		return Report{}, fmt.Errorf("open %s: %w", c.Target, err)
	}
	defer conn.Close()
	found, err := rows(ctx, conn, "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? AND table_type <> 'VIEW'", pool)
	if err != nil {
		return Report{}, fmt.Errorf("list tables of %s: %w", pool, err)
	}
	var moves []string
	for _, row := range found {
		if !slices.Contains(c.Skip, row["name"]) {
			moves = append(moves, Move(pool, c.Target, row["name"]))
		}
	}
	if len(moves) == 0 {
		return Report{}, errors.New("take tables: there are none in " + pool)
	}
	if err := r.check(); err != nil {
		return Report{}, err
	}
	if _, err := conn.ExecContext(ctx, "RENAME TABLE "+strings.Join(moves, ", ")); err != nil {
		return Report{}, fmt.Errorf("take tables from %s: %w", pool, err)
	}
	c.ObjectsOnly = true
	report, err := c.Run(ctx, db, owner, Method{})
	report.Tables = len(moves)
	return report, err
}
