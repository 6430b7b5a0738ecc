package clone

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// A file holds one schema. It is gzipped, and consists of lines of JSON (record): a head, each table with its rows behind it, then views,
// triggers, routines and events as the server describes them, and an end, without which it is not whole.
//
// A row is a byte 1 and its cells in the order of the table's columns; a byte 0 ends the rows. A cell is a varint, 0 for NULL, else one more than
// its length, and its bytes: texts in the character set of their column, whole and decimal numbers and times (in UTC) as text, floats as the double
// that they are, bits as their number, all else as the server stores it.

// record is one line; one of its members is set.
type record struct {
	Head   *head       `json:"head,omitempty"`
	Table  *tableText  `json:"table,omitempty"`
	Object *objectText `json:"object,omitempty"`
	End    *end        `json:"end,omitempty"`
}

type head struct {
	Version int             `json:"qabot"`
	Schema  string          `json:"schema"` // that it was made from
	Tables  int             `json:"tables"`
	About   json.RawMessage `json:"about,omitempty"` // what its maker says of it
}

type tableText struct {
	Name    string       `json:"name"`
	Make    string       `json:"make"`
	Keys    string       `json:"keys,omitempty"`    // statement that adds those that were put off
	Foreign string       `json:"foreign,omitempty"` // the same for foreign keys, once all tables are there
	Columns []columnText `json:"columns"`
}

type columnText struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Charset string `json:"charset,omitempty"`
}

type objectText struct {
	Sort      string `json:"sort"`
	Name      string `json:"name"`
	Mode      string `json:"mode"` // sql_mode under which it was made
	Collation string `json:"collation,omitempty"`
	Make      string `json:"make"`
}

type end struct {
	Tables  int `json:"tables"`
	Objects int `json:"objects"`
}

// fileVersion rises with whatever older programs could not read.
const fileVersion = 2

// ErrFile says that a file is not whole, or none of ours.
var ErrFile = errors.New("the file is not whole")

func isGeometry(kind string) bool {
	return slices.Contains([]string{"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection"}, kind)
}

func isBinary(kind string) bool {
	return slices.Contains([]string{"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"}, kind) || isGeometry(kind)
}

// read is the expression that gives a column's cell.
func (c columnText) read() string {
	switch name := Quote(c.Name); {
	case c.Charset != "":
		return "CAST(" + name + " AS BINARY)"
	case c.Kind == "bit":
		return "CAST(" + name + " AS UNSIGNED)"
	case c.Kind == "float":
		return name + "+0e0" // as it stands it is rounded to six digits
	default:
		return name
	}
}

// foreign tells whether a column's text is not in UTF-8, in which connections speak.
func (c columnText) foreign() bool {
	return c.Charset != "" && !slices.Contains([]string{"utf8mb4", "utf8mb3", "utf8", "ascii"}, c.Charset)
}

// put is the expression that takes a cell's argument.
func (c columnText) put() string {
	switch {
	case c.foreign():
		return "CONVERT(UNHEX(?) USING " + c.Charset + ")"
	case isBinary(c.Kind) || c.Kind == "bit":
		return "CAST(? AS BINARY)" // MySQL takes CAST(? AS UNSIGNED) for a number with a sign
	}
	return "?"
}

func (c columnText) argument(cell []byte) any {
	switch {
	case cell == nil:
		return nil
	case c.foreign():
		return hex.EncodeToString(cell)
	case isBinary(c.Kind):
		return cell
	case c.Kind == "bit":
		if n, err := strconv.ParseUint(string(cell), 10, 64); err == nil {
			return binary.BigEndian.AppendUint64(nil, n)
		}
	}
	return string(cell)
}

// fileWriter writes a file.
type fileWriter struct {
	*bufio.Writer
	zip *gzip.Writer
}

func newFileWriter(to io.Writer) *fileWriter {
	z, _ := gzip.NewWriterLevel(to, gzip.BestSpeed) // the level is one that there is
	return &fileWriter{bufio.NewWriterSize(z, 64<<10), z}
}

func (w *fileWriter) line(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// cell writes one; nil is NULL.
func (w *fileWriter) cell(text []byte) error {
	var size [binary.MaxVarintLen64]byte
	n := uint64(0)
	if text != nil {
		n = uint64(len(text)) + 1
	}
	if _, err := w.Write(size[:binary.PutUvarint(size[:], n)]); err != nil {
		return err
	}
	_, err := w.Write(text)
	return err
}

func (w *fileWriter) close() error { return errors.Join(w.Flush(), w.zip.Close()) }

// fileReader reads one.
type fileReader struct{ *bufio.Reader }

func newFileReader(from io.Reader) (*fileReader, error) {
	z, err := gzip.NewReader(from)
	if err != nil {
		return nil, broken(err)
	}
	return &fileReader{bufio.NewReaderSize(z, 64<<10)}, nil
}

// broken tells a file that ends too soon, or is none, from one that could not be read.
func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return fmt.Errorf("%w: %v", ErrFile, err) // not the error itself, which a lost connection has too
	}
	return err
}

func (r *fileReader) line() (l record, err error) {
	text, err := r.ReadBytes('\n')
	if err != nil {
		return l, broken(err)
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, errors.Join(ErrFile, err)
	}
	return l, nil
}

func (r *fileReader) head() (*head, error) {
	l, err := r.line()
	switch {
	case err != nil:
		return nil, err
	case l.Head == nil:
		return nil, fmt.Errorf("%w: it has no head", ErrFile)
	case l.Head.Version < 1 || l.Head.Version > fileVersion:
		return nil, fmt.Errorf("%w: it is of version %d", ErrFile, l.Head.Version)
	}
	return l.Head, nil
}

// row reads the cells of one; ok is false behind the last.
func (r *fileReader) row(columns int) (cells [][]byte, size int, ok bool, err error) {
	more, err := r.ReadByte()
	if err != nil || more == 0 {
		return nil, 0, false, broken(err)
	}
	if more != 1 {
		return nil, 0, false, ErrFile
	}
	cells = make([][]byte, columns)
	for i := range cells {
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, 0, false, broken(err)
		}
		if n == 0 {
			continue
		}
		var b bytes.Buffer // grows with what is there, whatever the length says
		if _, err := io.CopyN(&b, r, int64(n-1)); err != nil {
			return nil, 0, false, broken(err)
		}
		if cells[i] = b.Bytes(); cells[i] == nil {
			cells[i] = []byte{}
		}
		size += len(cells[i])
	}
	return cells, size, true, nil
}

// About reads what the maker of a file said of it. No more is read than the beginning.
func About(from io.Reader, into any) error {
	r, err := newFileReader(from)
	if err != nil {
		return err
	}
	h, err := r.head()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(h.About, into); err != nil {
		return errors.Join(ErrFile, err)
	}
	return nil
}
