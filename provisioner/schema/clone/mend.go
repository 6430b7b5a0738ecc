package clone

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// reference is a foreign key within the schema.
type reference struct {
	table, parent string
	columns, keys []string
}

// rounds of mending: what is fetched may refer to more, and what is dropped may be referred to.
const rounds = 5

// mend makes foreign keys hold in a copy of what was written to meanwhile: tables were copied at different moments. Rows to which
// others refer are fetched, as they are now; rows that refer to what is gone, and are gone from the source themselves, go. What is
// amiss in the source as well stays as it is.
func (r *run) mend(ctx context.Context, conn *sql.Conn, tables []*table) error {
	keys, err := r.references(ctx, conn)
	if err != nil {
		return err
	}
	for range rounds {
		changed := int64(0)
		for _, k := range keys {
			n, err := r.mendOne(ctx, conn, k, tables)
			if err != nil {
				return fmt.Errorf("mend what %s refers to in %s: %w", k.table, k.parent, err)
			}
			changed += n
		}
		if changed == 0 {
			return nil
		}
	}
	return nil
}

func (r *run) references(ctx context.Context, conn *sql.Conn) ([]*reference, error) {
	found, err := rows(ctx, conn, `SELECT table_name AS t, constraint_name AS name, column_name AS c, referenced_table_name AS parent, referenced_column_name AS k
		FROM information_schema.key_column_usage WHERE table_schema = ? AND referenced_table_schema = ? ORDER BY table_name, constraint_name, ordinal_position`, r.Target, r.Target)
	if err != nil {
		return nil, fmt.Errorf("list foreign keys of %s: %w", r.Target, err)
	}
	var keys []*reference
	last := ""
	for _, row := range found {
		if name := row["t"] + "." + row["name"]; name != last {
			last = name
			keys = append(keys, &reference{table: row["t"], parent: row["parent"]})
		}
		k := keys[len(keys)-1]
		k.columns, k.keys = append(k.columns, Quote(row["c"])), append(k.keys, Quote(row["k"]))
	}
	return keys, nil
}

// lost selects from rows of the copy that refer to nothing; it is to be followed by more conditions.
func (k *reference) lost(what, more string) string {
	var on, set []string
	for i := range k.columns {
		on = append(on, fmt.Sprintf("p.%s = c.%s", k.keys[i], k.columns[i]))
		set = append(set, fmt.Sprintf("c.%s IS NOT NULL", k.columns[i]))
	}
	return fmt.Sprintf("%s FROM %s c LEFT JOIN %s p ON %s %s WHERE %s AND p.%s IS NULL", what, Quote(k.table), Quote(k.parent), strings.Join(on, " AND "), more, strings.Join(set, " AND "), k.keys[0])
}

func (r *run) mendOne(ctx context.Context, conn *sql.Conn, k *reference, tables []*table) (changed int64, err error) {
	found, err := rows(ctx, conn, k.lost("SELECT 1 AS n", "")+" LIMIT 1")
	if err != nil || len(found) == 0 {
		return 0, err
	}
	parent, child := tableCalled(tables, k.parent), tableCalled(tables, k.table)
	if parent == nil || child == nil {
		return 0, nil
	}
	var select_, on []string
	for i := range k.columns {
		select_ = append(select_, fmt.Sprintf("c.%s AS k%d", k.columns[i], i))
		on = append(on, fmt.Sprintf("s.%s = o.k%d", k.keys[i], i))
	}
	names, values := parent.parts("s.")
	fetch := fmt.Sprintf("INSERT IGNORE INTO %s (%s) SELECT %s FROM %s.%s s JOIN (%s) o ON %s", Quote(k.parent), names, values, Quote(r.Source), Quote(k.parent),
		k.lost("SELECT DISTINCT "+strings.Join(select_, ", "), ""), strings.Join(on, " AND "))
	if changed, err = r.count(ctx, conn, fetch); err != nil {
		return 0, err
	}
	if len(child.primary) == 0 {
		return changed, nil
	}
	var same []string
	for _, c := range child.primary {
		same = append(same, fmt.Sprintf("s.%s = c.%s", c, c))
	}
	gone := k.lost("DELETE c", fmt.Sprintf("LEFT JOIN %s.%s s ON %s", Quote(r.Source), Quote(k.table), strings.Join(same, " AND "))) + " AND s." + child.primary[0] + " IS NULL"
	n, err := r.count(ctx, conn, gone)
	return changed + n, err
}

// count changes something and tells how many rows it were.
func (r *run) count(ctx context.Context, conn *sql.Conn, statement string) (int64, error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	done, err := conn.ExecContext(ctx, statement)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

func tableCalled(tables []*table, name string) *table {
	i := slices.IndexFunc(tables, func(t *table) bool { return strings.EqualFold(t.name, name) })
	if i < 0 {
		return nil
	}
	return tables[i]
}

// parts are the table's columns, and the expressions that fill them from a table of that alias.
func (t *table) parts(alias string) (names, values string) {
	var n, v []string
	for _, c := range t.columns {
		n = append(n, Quote(c.name))
		if c.value == Quote(c.name) {
			v = append(v, alias+c.value)
		} else {
			v = append(v, c.value)
		}
	}
	return strings.Join(n, ", "), strings.Join(v, ", ")
}
