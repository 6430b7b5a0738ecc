package clone

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// What one statement puts in: large enough that round trips do not matter, small enough for what a server takes at a time.
const (
	loadBytes = 1 << 20
	loadRows  = 1000
	// A prepared statement takes no more arguments.
	loadArguments = 65535
)

// Load fills the target, which is there and has none of its tables, from a file of Dump's. It is whole only when there is no error.
func (c Copy) Load(ctx context.Context, db *sql.DB, from io.Reader) (Report, error) {
	file, err := newFileReader(from)
	if err != nil {
		return Report{}, fmt.Errorf("read the file: %w", err)
	}
	h, err := file.head()
	if err != nil {
		return Report{}, fmt.Errorf("read the file: %w", err)
	}
	c.Source = h.Schema
	r := &run{Copy: c, db: db}
	conn, err := r.session(ctx, db, c.Target)
	if err != nil {
		return Report{}, fmt.Errorf("open %s: %w", c.Target, err)
	}
	defer conn.Close()
	var objects []objectText
	var foreign []string
	for {
		l, err := file.line()
		switch {
		case err != nil:
			return Report{}, fmt.Errorf("read the file: %w", err)
		case l.Table != nil:
			if err := r.loadTable(ctx, conn, file, l.Table); err != nil {
				return Report{}, fmt.Errorf("load table %s: %w", l.Table.Name, err)
			}
			if l.Table.Foreign != "" {
				foreign = append(foreign, l.Table.Foreign)
			}
			if r.Tables++; r.Progress != nil {
				r.Progress(r.Tables, h.Tables)
			}
		case l.Object != nil:
			objects = append(objects, *l.Object)
		case l.End != nil:
			if r.Objects = len(objects); l.End.Tables != r.Tables || l.End.Objects != r.Objects {
				return Report{}, fmt.Errorf("read the file: %w: %d tables of %d, %d objects of %d", ErrFile, r.Tables, l.End.Tables, r.Objects, l.End.Objects)
			}
			if _, err := io.Copy(io.Discard, file); err != nil { // its checksum comes last
				return Report{}, fmt.Errorf("read the file: %w", broken(err))
			}
			for _, add := range foreign {
				if err := r.do(ctx, conn, add); err != nil {
					return Report{}, fmt.Errorf("add foreign keys: %w", err)
				}
			}
			return r.Report, r.loadObjects(ctx, conn, objects)
		default:
			return Report{}, fmt.Errorf("read the file: %w: a line says nothing", ErrFile)
		}
	}
}

var charsetName = regexp.MustCompile(`^[a-z0-9_]*$`)

func (r *run) loadTable(ctx context.Context, conn *sql.Conn, file *fileReader, t *tableText) error {
	names, puts := make([]string, len(t.Columns)), make([]string, len(t.Columns))
	for i, c := range t.Columns {
		if !charsetName.MatchString(c.Charset) {
			return fmt.Errorf("%w: the character set of %s", ErrFile, c.Name)
		}
		names[i], puts[i] = Quote(c.Name), c.put()
	}
	if err := r.do(ctx, conn, t.Make); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	insert, row := "INSERT INTO "+Quote(t.Name)+" ("+strings.Join(names, ",")+") VALUES ", "("+strings.Join(puts, ",")+")"
	var args []any
	count, size := 0, 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		err := r.put(ctx, conn, insert+row+strings.Repeat(","+row, count-1), args)
		args, count, size = args[:0], 0, 0
		return err
	}
	for {
		cells, n, ok, err := file.row(len(t.Columns))
		if err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		if !ok {
			break
		}
		for i, c := range t.Columns {
			args = append(args, c.argument(cells[i]))
		}
		count, size = count+1, size+n
		if size >= loadBytes || count == loadRows || len(args)+len(t.Columns) > loadArguments {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if t.Keys == "" {
		return nil
	}
	if err := r.do(ctx, conn, t.Keys); err != nil {
		return fmt.Errorf("add keys: %w", err)
	}
	return nil
}

// put is do with arguments.
func (r *run) put(ctx context.Context, conn *sql.Conn, statement string, args []any) (err error) {
	for range tries {
		if err := r.check(); err != nil {
			return err
		}
		_, err = conn.ExecContext(ctx, statement, args...)
		if n := number(err); n != deadlock && n != lockTimeout {
			return err
		}
	}
	return err
}

// loadObjects makes them in the order in which they can be made.
func (r *run) loadObjects(ctx context.Context, conn *sql.Conn, all []objectText) error {
	for len(all) > 0 {
		var left []objectText
		var why error
		for _, o := range all {
			if err := r.loadObject(ctx, conn, o); err != nil {
				if number(err) == 0 {
					return err
				}
				left, why = append(left, o), err
			}
		}
		if len(left) == len(all) {
			return &Unfit{What: strings.ToLower(left[0].Sort) + " " + left[0].Name, Why: "it cannot be made in another schema", Cause: why}
		}
		all = left
	}
	return nil
}

func (r *run) loadObject(ctx context.Context, conn *sql.Conn, o objectText) error {
	statements := []string{"SET SESSION sql_mode=" + literal(o.Mode)}
	if strings.HasPrefix(o.Collation, "utf8") {
		statements = append(statements, "SET SESSION collation_connection="+literal(o.Collation))
	}
	for _, q := range append(statements, portable(o.Sort, o.Make, r.Source, r.Target)) {
		if err := r.do(ctx, conn, q); err != nil {
			return fmt.Errorf("make %s %s: %w", strings.ToLower(o.Sort), o.Name, err)
		}
	}
	return nil
}
