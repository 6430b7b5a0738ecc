package clone

import (
	"bytes"
	"errors"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// odd are values that are easily spoilt on their way through a file.
func odd(big int) []string {
	return []string{
		"SET SESSION sql_mode=''",
		`CREATE TABLE odd (id INT PRIMARY KEY, f FLOAT, d DOUBLE, n DECIMAL(65,30), u BIGINT UNSIGNED, b BIT(64), y YEAR, t TIME(6), day DATE, at DATETIME(6), stamp TIMESTAMP(6) NULL,
			l VARCHAR(90) CHARACTER SET latin1, j VARCHAR(90) CHARACTER SET sjis, w VARCHAR(90) CHARACTER SET utf16, c CHAR(9), e ENUM('a', 'é'), s SET('x', 'y'), raw BINARY(5), more VARBINARY(90),
			big LONGBLOB, doc JSON, spot GEOMETRY, made INT AS (id * 2) VIRTUAL, kept INT AS (LENGTH(l)) STORED)`,
		`INSERT INTO odd (id, f, d, n, u, b, y, t, day, at, stamp, l, j, w, c, e, s, raw, more, doc, spot) VALUES
			(1, 0.1, 0.1e0 + 0.2e0, -12345678901234567890123456789012345.123456789012345678901234567890, 18446744073709551615, b'1000000000000000000000000000000000000000000000000000000000000001',
				2026, '-838:59:59.5', '0000-00-00', '0000-00-00 00:00:00', '2026-03-29 02:30:00.123456', CONVERT(UNHEX('E980FF27225C') USING latin1), CONVERT(UNHEX('835C955C') USING sjis), '環境 🚀', ' a ', 'é', 'x,y',
				UNHEX('0027225C'), UNHEX('000A0D1A5C27'), '{"a": [1.5, "二", null], "b": "\\u0000"}', POINT(1.5, -2)),
			(2, 3.4e38, -1.7976931348623157e308, 0, 0, 0, 1901, '00:00:00', '2026-02-00', '9999-12-31 23:59:59.999999', NULL, '', '', '', '', 'nothing', '', '', '', '[]', NULL),
			(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
		"UPDATE odd SET big = REPEAT(UNHEX('00FF275C'), " + strconv.Itoa(big/4) + ") WHERE id = 1",
	}
}

func TestAFileHoldsEverything(t *testing.T) {
	w := newWorld(t)
	w.in(w.source, everything(w.source)...)
	w.in(w.source, odd(3<<20)...)
	about := map[string]string{"for": "ana"}
	for name, m := range map[string]Method{"as is": {}, "keys later": {Defer: 1}} {
		w.exec("DROP DATABASE "+w.target, "CREATE DATABASE "+w.target+" CHARACTER SET utf8mb4")
		var file bytes.Buffer
		c := Copy{Source: w.source, Target: w.target, Skip: []string{"qabot_marks"}}
		dumped, err := c.Dump(t.Context(), w.db, m, about, &file)
		if err != nil || dumped.Tables != 9 || dumped.Objects != 6 {
			t.Fatalf("%s: %+v (%v)", name, dumped, err)
		}
		var told map[string]string
		if err := About(bytes.NewReader(file.Bytes()), &told); err != nil || !cmp.Equal(told, about) {
			t.Errorf("%s: the file says %v of itself (%v)", name, told, err)
		}
		filled := 0
		loaded, err := Copy{Target: w.target, Progress: func(n, _ int) { filled = n }}.Load(t.Context(), w.owner, bytes.NewReader(file.Bytes()))
		if err != nil || loaded.Tables != 9 || loaded.Objects != 6 || filled != 9 {
			t.Fatalf("%s: %+v, %d filled (%v)", name, loaded, filled, err)
		}
		w.same(t)
		ask := "SELECT * FROM odd ORDER BY id"
		if diff := cmp.Diff(w.list(w.source, ask), w.list(w.target, ask)); diff != "" {
			t.Errorf("%s (-source +copy):\n%.3000s", name, diff)
		}
	}
}

// Files of the first version have foreign keys among a table's keys.
func TestFilesOfOlderAndNewerPrograms(t *testing.T) {
	for version, read := range map[int]bool{0: false, 1: true, fileVersion: true, fileVersion + 1: false} {
		w := newWorld(t)
		var file bytes.Buffer
		out := newFileWriter(&file)
		lines := []record{
			{Head: &head{Version: version, Schema: w.source, Tables: 1}},
			{Table: &tableText{Name: "t", Make: "CREATE TABLE t (id INT PRIMARY KEY, up INT)", Keys: "ALTER TABLE t ADD KEY by_up (up), ADD CONSTRAINT above FOREIGN KEY (up) REFERENCES t (id)",
				Columns: []columnText{{Name: "id", Kind: "int"}, {Name: "up", Kind: "int"}}}},
			{End: &end{Tables: 1}},
		}
		for _, l := range lines {
			if err := out.line(l); err != nil {
				t.Fatal(err)
			}
			if l.Table != nil {
				if err := out.WriteByte(0); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := out.close(); err != nil {
			t.Fatal(err)
		}
		_, err := Copy{Target: w.target}.Load(t.Context(), w.db, &file)
		if read != (err == nil) || !read && !errors.Is(err, ErrFile) {
			t.Errorf("version %d: %v", version, err)
		}
		keys := w.value("SELECT COUNT(*) FROM information_schema.referential_constraints WHERE constraint_schema = ?", w.target)
		if read != (keys == "1") {
			t.Errorf("version %d: %s foreign keys", version, keys)
		}
	}
}

func TestAFileThatIsNotWhole(t *testing.T) {
	w := newWorld(t, "CREATE TABLE a (id INT PRIMARY KEY, v TEXT)", "INSERT INTO a VALUES (1, 'x'), (2, NULL)")
	var file bytes.Buffer
	if _, err := (Copy{Source: w.source}).Dump(t.Context(), w.db, Method{}, nil, &file); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	spoilt := bytes.Clone(whole)
	spoilt[len(spoilt)/2] ^= 0xff
	for name, text := range map[string][]byte{"nothing": nil, "half": whole[:len(whole)/2], "without its last byte": whole[:len(whole)-9], "something else": []byte("select 1"), "spoilt": spoilt} {
		w.exec("DROP DATABASE "+w.target, "CREATE DATABASE "+w.target+" CHARACTER SET utf8mb4")
		if _, err := (Copy{Target: w.target}).Load(t.Context(), w.db, bytes.NewReader(text)); err == nil || name != "spoilt" && !errors.Is(err, ErrFile) {
			t.Errorf("%s: %v, want that it is not whole", name, err)
		}
	}
}

// A dump shows one moment, however long it takes.
func TestADumpIsOfOneMoment(t *testing.T) {
	w := newWorld(t, "CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1)")
	var file bytes.Buffer
	loading := false
	c := Copy{Source: w.source, Target: w.target, Progress: func(n, _ int) {
		if n == 1 && !loading {
			w.in(w.source, "INSERT INTO a VALUES (2)", "INSERT INTO b VALUES (2)")
		}
	}}
	if _, err := c.Dump(t.Context(), w.db, Method{}, nil, &file); err != nil {
		t.Fatal(err)
	}
	loading = true
	if _, err := c.Load(t.Context(), w.db, &file); err == nil {
		if a, b := w.value("SELECT COUNT(*) FROM "+w.target+".a"), w.value("SELECT COUNT(*) FROM "+w.target+".b"); a != "1" || b != "1" {
			t.Errorf("%s and %s rows, want 1 of each", a, b)
		}
	} else {
		t.Fatal(err)
	}
}
