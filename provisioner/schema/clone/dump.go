package clone

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Dump writes the source into a file, all of it as it is at one moment: one transaction reads it, which keeps nobody waiting. about is kept in the
// file's head.
func (c Copy) Dump(ctx context.Context, db *sql.DB, m Method, about any, to io.Writer) (Report, error) {
	text, err := json.Marshal(about)
	if err != nil {
		return Report{}, fmt.Errorf("describe the dump: %w", err)
	}
	r := &run{Copy: c, method: Method{Defer: m.Defer}, db: db}
	conn, err := r.session(ctx, db, c.Source)
	if err != nil {
		return Report{}, fmt.Errorf("open %s: %w", c.Source, err)
	}
	defer conn.Close()
	for _, q := range []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		fmt.Sprintf("SET SESSION net_write_timeout=%d", int(slowest.Seconds())), // rows wait while the file is taken in
		"START TRANSACTION WITH CONSISTENT SNAPSHOT",
	} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return Report{}, fmt.Errorf("%s: %w", strings.ToLower(q), err)
		}
	}
	tables, err := r.read(ctx, conn)
	if err != nil {
		return Report{}, err
	}
	objects, err := r.texts(ctx, conn)
	if err != nil {
		return Report{}, err
	}
	r.Tables, r.Objects = len(tables), len(objects)
	w := newFileWriter(to)
	if err := w.line(record{Head: &head{Version: fileVersion, Schema: c.Source, Tables: len(tables), About: text}}); err != nil {
		return Report{}, fmt.Errorf("write the head: %w", err)
	}
	for i, t := range tables {
		r.Bytes += t.bytes
		if err := dumpTable(ctx, conn, w, t); err != nil {
			return Report{}, fmt.Errorf("dump table %s: %w", t.name, err)
		}
		if r.Progress != nil {
			r.Progress(i+1, len(tables))
		}
	}
	for _, o := range objects {
		if err := w.line(record{Object: &o}); err != nil {
			return Report{}, fmt.Errorf("dump %s %s: %w", strings.ToLower(o.Sort), o.Name, err)
		}
	}
	if err := w.line(record{End: &end{r.Tables, r.Objects}}); err != nil {
		return Report{}, fmt.Errorf("write the end: %w", err)
	}
	if err := w.close(); err != nil {
		return Report{}, fmt.Errorf("write the end: %w", err)
	}
	return r.Report, nil
}

func dumpTable(ctx context.Context, conn *sql.Conn, w *fileWriter, t *table) error {
	text := &tableText{Name: t.name, Make: t.ddl, Keys: adding(t.name, t.keys), Foreign: adding(t.name, t.foreign)}
	var values []string
	for _, c := range t.columns {
		column := columnText{Name: c.name, Kind: c.kind, Charset: c.charset}
		text.Columns, values = append(text.Columns, column), append(values, column.read())
	}
	if err := w.line(record{Table: text}); err != nil {
		return err
	}
	if len(values) > 0 {
		if err := dumpRows(ctx, conn, w, "SELECT "+strings.Join(values, ",")+" FROM "+Quote(t.name), len(values)); err != nil {
			return err
		}
	}
	return w.WriteByte(0)
}

func dumpRows(ctx context.Context, conn *sql.Conn, w *fileWriter, query string, columns int) error {
	found, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer found.Close()
	cells, into := make([]sql.RawBytes, columns), make([]any, columns)
	for i := range cells {
		into[i] = &cells[i]
	}
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return err
		}
		if err := w.WriteByte(1); err != nil {
			return err
		}
		for _, c := range cells {
			if err := w.cell(c); err != nil {
				return err
			}
		}
	}
	return found.Err()
}

// texts are the source's objects as the server describes them.
func (r *run) texts(ctx context.Context, conn *sql.Conn) (all []objectText, err error) {
	for _, s := range sorts() {
		found, err := rows(ctx, conn, s.list, r.Source)
		if err != nil {
			return nil, fmt.Errorf("list each %s of %s: %w", strings.ToLower(s.sort), r.Source, err)
		}
		for _, row := range found {
			name := row["name"]
			made, err := rows(ctx, conn, "SHOW CREATE "+s.sort+" "+Quote(name))
			if err != nil {
				return nil, fmt.Errorf("describe %s %s: %w", strings.ToLower(s.sort), name, err)
			}
			if len(made) != 1 || made[0][s.text] == "" {
				return nil, &Unfit{What: strings.ToLower(s.sort) + " " + name, Why: "its text is not for qabot's account to read"}
			}
			mode, there := made[0]["sql_mode"]
			if !there {
				mode = sqlMode
			}
			all = append(all, objectText{Sort: s.sort, Name: name, Mode: mode, Collation: made[0]["collation_connection"], Make: made[0][s.text]})
		}
	}
	return all, nil
}
