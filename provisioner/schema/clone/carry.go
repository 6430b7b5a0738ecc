package clone

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// gate is how rows enter the target.
type gate struct {
	local bool // LOAD DATA LOCAL INFILE; else INSERT
	most  int  // bytes of one INSERT
}

// insertMost bounds an INSERT, where the server takes more.
const insertMost = 1 << 20

// gate finds out what the server takes.
func (r *run) gate(ctx context.Context, conn *sql.Conn) (g gate, err error) {
	packet := 0
	if err := conn.QueryRowContext(ctx, "SELECT @@GLOBAL.local_infile, @@max_allowed_packet").Scan(&g.local, &packet); err != nil {
		return g, fmt.Errorf("ask how rows may be loaded: %w", err)
	}
	g.most = min(insertMost, packet/4)
	r.Loaded = g.local
	return g, nil
}

// sink takes rows.
type sink interface {
	row(cells []driver.Value) error
	end() error  // all of them are in
	abort(error) // some are, and it matters no more
}

// send brings one table's rows from a snapshot to the target, and gives what is left to be done once all are sent.
func (r *run) send(ctx context.Context, reader, conn *sql.Conn, t *table, g gate) (rest func() error, err error) {
	if len(t.columns) == 0 {
		return func() error { return nil }, nil
	}
	var to sink = &inserter{run: r, ctx: ctx, conn: conn, table: t, most: g.most}
	if g.local {
		to = &loader{run: r, ctx: ctx, conn: conn, table: t}
	}
	if err := eachRow(ctx, reader, t.reading(), to.row); err != nil {
		to.abort(err)
		return nil, err
	}
	return to.end, nil
}

// reading selects the table's rows. What a text of the number would not tell wholly is told otherwise.
func (t *table) reading() string {
	values := make([]string, len(t.columns))
	for i, c := range t.columns {
		values[i] = c.value
		switch masked := c.value != Quote(c.name); {
		case masked && c.charset != "" && c.value != "NULL":
			values[i] = "CONVERT(" + c.value + " USING " + c.charset + ")" // as the bytes that the column will hold
		case masked:
		case c.kind == "float":
			values[i] = "(" + c.value + " + 0E0)"
		case c.kind == "year":
			values[i] = "CONCAT(" + c.value + ")"
		}
	}
	return "SELECT " + strings.Join(values, ", ") + " FROM " + Quote(t.name)
}

// eachRow gives the rows of a query as the driver has them, one at a time: a cell is valid until f returns.
func eachRow(ctx context.Context, conn *sql.Conn, query string, f func([]driver.Value) error) error {
	return conn.Raw(func(raw any) error {
		on, ok := raw.(driver.QueryerContext)
		if !ok {
			return errors.New("the driver reads no rows")
		}
		found, err := on.QueryContext(ctx, query, nil)
		if err != nil {
			return err
		}
		defer found.Close()
		cells := make([]driver.Value, len(found.Columns()))
		for {
			switch err := found.Next(cells); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			}
			if err := f(cells); err != nil {
				return err
			}
		}
	})
}

// loader streams rows into LOAD DATA LOCAL INFILE, in statements of bounded size: each is one transaction.
type loader struct {
	run   *run
	ctx   context.Context
	conn  *sql.Conn
	table *table

	pipe        *io.PipeWriter // nil: no statement is open
	out         *bufio.Writer
	done        chan loaded
	sent, bytes int64
	line        []byte
}

type loaded struct {
	rows int64
	err  error
}

// streamBuffer is what is handed to the driver at a time.
const streamBuffer = 64 << 10

func (l *loader) begin() error {
	if err := l.run.check(); err != nil {
		return err
	}
	from, to := io.Pipe()
	l.pipe, l.out, l.done = to, bufio.NewWriterSize(to, streamBuffer), make(chan loaded, 1)
	l.sent, l.bytes = 0, 0
	name := "qabot-" + rand.Text()
	mysql.RegisterReaderHandler(name, func() io.Reader { return from })
	go func() {
		defer mysql.DeregisterReaderHandler(name)
		done, err := l.conn.ExecContext(l.ctx, l.table.loading(name))
		n := int64(0)
		if err == nil {
			n, err = done.RowsAffected()
		}
		from.CloseWithError(errors.Join(err, io.ErrClosedPipe))
		l.done <- loaded{n, err}
	}()
	return nil
}

func (l *loader) row(cells []driver.Value) error {
	if l.pipe == nil {
		if err := l.begin(); err != nil {
			return err
		}
	}
	l.line = l.line[:0]
	for i, v := range cells {
		if i > 0 {
			l.line = append(l.line, '\t')
		}
		l.line = appendField(l.line, v)
	}
	l.line = append(l.line, '\n')
	if _, err := l.out.Write(l.line); err != nil {
		return err
	}
	l.sent++
	l.bytes += int64(len(l.line))
	if most := l.run.method.Chunk; most > 0 && l.bytes >= most {
		return l.end()
	}
	return nil
}

// end ends the statement and sees that every row arrived: LOAD DATA LOCAL leaves out what does not fit, and only warns.
func (l *loader) end() error {
	if l.pipe == nil {
		return nil
	}
	err := l.out.Flush()
	l.pipe.CloseWithError(err)
	l.pipe = nil
	did := <-l.done
	if did.err != nil {
		return did.err
	}
	return errors.Join(err, l.run.arrived(l.ctx, l.conn, l.table, l.sent, did.rows))
}

func (l *loader) abort(err error) {
	if l.pipe != nil {
		l.pipe.CloseWithError(err)
		<-l.done
	}
}

// loading is the statement that loads the stream of that name, byte for byte.
func (t *table) loading(name string) string {
	into, set := make([]string, len(t.columns)), []string(nil)
	for i, c := range t.columns {
		into[i] = Quote(c.name)
		if !c.bytes() {
			into[i] = fmt.Sprintf("@c%d", i)
			set = append(set, fmt.Sprintf("%s = CONVERT(@c%d USING utf8mb4)", Quote(c.name), i))
		}
	}
	q := fmt.Sprintf(`LOAD DATA LOCAL INFILE 'Reader::%s' INTO TABLE %s CHARACTER SET binary FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' (%s)`,
		name, Quote(t.name), strings.Join(into, ", "))
	if len(set) > 0 {
		q += " SET " + strings.Join(set, ", ")
	}
	return q
}

// bytes tells whether the column takes the bytes that it gives. Others, such as JSON, want to be told which characters these are.
func (c column) bytes() bool {
	switch c.kind {
	case "json", "uuid", "inet4", "inet6":
		return false
	}
	return true
}

// figures tells whether it holds numbers or times: bytes would be taken for the number that they are.
func (c column) figures() bool {
	switch c.kind {
	case "decimal", "float", "double", "date", "time", "datetime", "timestamp", "year":
		return true
	}
	return whole(c.kind)
}

// appendField writes a value as LOAD DATA reads it.
func appendField(b []byte, v driver.Value) []byte {
	if v == nil {
		return append(b, `\N`...)
	}
	text, ok := v.([]byte)
	if !ok {
		return appendNumber(b, v)
	}
	for _, c := range text {
		switch c {
		case '\\':
			b = append(b, `\\`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case 0:
			b = append(b, `\0`...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// appendNumber writes what the driver has read as a number already.
func appendNumber(b []byte, v driver.Value) []byte {
	switch n := v.(type) {
	case int64:
		return strconv.AppendInt(b, n, 10)
	case uint64:
		return strconv.AppendUint(b, n, 10)
	case float64:
		return strconv.AppendFloat(b, n, 'g', -1, 64)
	case float32:
		return strconv.AppendFloat(b, float64(n), 'g', -1, 32)
	}
	return fmt.Append(b, v)
}

// inserter puts rows into INSERT statements, for a server that loads nothing.
type inserter struct {
	run   *run
	ctx   context.Context
	conn  *sql.Conn
	table *table
	most  int

	text []byte
	sent int64
}

func (n *inserter) row(cells []driver.Value) error {
	if len(n.text) == 0 {
		names := make([]string, len(n.table.columns))
		for i, c := range n.table.columns {
			names[i] = Quote(c.name)
		}
		n.text = fmt.Appendf(n.text, "INSERT INTO %s (%s) VALUES ", Quote(n.table.name), strings.Join(names, ", "))
	} else {
		n.text = append(n.text, ',')
	}
	sep := byte('(')
	for i, v := range cells {
		n.text = append(n.text, sep)
		n.text = appendLiteral(n.text, v, n.table.columns[i])
		sep = ','
	}
	n.text = append(n.text, ')')
	if n.sent++; len(n.text) >= n.most {
		return n.end()
	}
	return nil
}

func (n *inserter) end() error {
	if len(n.text) == 0 {
		return nil
	}
	if err := n.run.check(); err != nil {
		return err
	}
	done, err := n.conn.ExecContext(n.ctx, string(n.text))
	if err != nil {
		return err
	}
	rows, err := done.RowsAffected()
	if err != nil {
		return err
	}
	sent := n.sent
	n.text, n.sent = n.text[:0], 0
	return n.run.arrived(n.ctx, n.conn, n.table, sent, rows)
}

func (n *inserter) abort(error) {}

// appendLiteral writes a value as a literal that the column takes for what it is.
func appendLiteral(b []byte, v driver.Value, c column) []byte {
	if v == nil {
		return append(b, "NULL"...)
	}
	text, ok := v.([]byte)
	switch {
	case !ok:
		return append(appendNumber(append(b, '\''), v), '\'')
	case c.figures():
		return append(b, literal(string(text))...)
	case c.bytes():
		return fmt.Appendf(b, "x'%x'", text)
	}
	return fmt.Appendf(b, "CONVERT(x'%x' USING utf8mb4)", text)
}

// arrived compares what was sent with what the server says that it took.
func (r *run) arrived(ctx context.Context, conn *sql.Conn, t *table, sent, took int64) error {
	if took != sent {
		return fmt.Errorf("%d rows were sent, and the server took %d", sent, took)
	}
	warnings := 0
	if err := conn.QueryRowContext(ctx, "SELECT @@warning_count").Scan(&warnings); err != nil {
		return fmt.Errorf("ask for warnings: %w", err)
	}
	if warnings > 0 {
		r.note(t)
	}
	return nil
}
