package clone

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"qabot/store/servers/servertest"
)

var megabytes = flag.Int("megabytes", 64, "size of the schema that the benchmark copies")

// BenchmarkClone copies a generated schema of 60 tables, one with half of the rows, with keys, foreign keys, views and triggers: by
// this package, by mysqldump into mysql, by mydumper and myloader where they are installed, and, as the limit, by copying the
// bytes of its files; a copy that was made before is taken; and one is made of all rows as of one moment, as templates are refreshed. Each is done in turn, three rounds of it. Meanwhile somebody writes to the source. Printed are ratios of
// medians.
func BenchmarkClone(b *testing.B) {
	w := newBench(b)
	ways := []string{"clone", "warm", "refresh", "dump", "files"}
	if _, err := exec.LookPath("mydumper"); err == nil {
		ways = append(ways, "mydumper")
	} else {
		b.Log("mydumper and myloader are not installed")
	}
	took := map[string][]time.Duration{}
	waits := map[string][]time.Duration{"idle": w.writing(func() { time.Sleep(2 * time.Second) })}
	for b.Loop() {
		for range 3 {
			for _, way := range ways {
				w.fresh()
				if way == "warm" {
					w.pool()
				}
				began := time.Now()
				waited := w.writing(func() { w.copyBy(way) })
				took[way] = append(took[way], time.Since(began))
				waits[way] = append(waits[way], waited...)
			}
		}
	}
	b.ReportMetric(0, "ns/op") // a bare time says nothing about another machine
	clone := float64(median(took["clone"]))
	for _, way := range ways[3:] {
		b.ReportMetric(float64(median(took[way]))/clone, "×faster-than-"+way)
	}
	b.ReportMetric(float64(median(took["dump"]))/float64(median(took["warm"])), "×faster-than-dump-when-warm")
	b.ReportMetric(float64(median(took["dump"]))/float64(median(took["refresh"])), "×faster-than-dump-when-refreshing")
	p99 := func(way string) float64 { return float64(at(waits[way], 0.99)) }
	b.ReportMetric(p99("clone")/p99("idle"), "×p99-of-a-writer")
	b.ReportMetric(p99("refresh")/p99("idle"), "×p99-of-a-writer-beside-refresh")
	b.ReportMetric(p99("dump")/p99("idle"), "×p99-of-a-writer-beside-dump")
}

type bench struct {
	b        *testing.B
	dsn      *mysql.Config
	db       *sql.DB
	data     string // the server's folder
	version  string
	depth    string // setting that bounds recursive queries
	src, dst string
	rows     int64
}

func newBench(b *testing.B) *bench {
	server := servertest.MySQL(b)
	config, err := mysql.ParseDSN(server.DSN)
	if err != nil {
		b.Fatal(err)
	}
	w := &bench{b: b, dsn: config, version: server.Version, src: "bench_source", dst: "bench_target"}
	if w.db, err = sql.Open("mysql", server.DSN); err != nil {
		b.Fatal(err)
	}
	w.db.SetMaxIdleConns(0)
	b.Cleanup(func() {
		for _, name := range []string{w.src, w.dst, w.dst + "_warm"} {
			w.db.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+name)
		}
		w.db.Close()
	})
	if err := w.db.QueryRowContext(b.Context(), "SELECT @@datadir").Scan(&w.data); err != nil {
		b.Fatal(err)
	}
	redo := "innodb_redo_log_capacity"
	w.depth = "cte_max_recursion_depth"
	if strings.Contains(w.version, "MariaDB") {
		redo, w.depth = "innodb_log_file_size", "max_recursive_iterations"
	}
	// As on a server that others work on: the data fits into memory, as staging's mostly does, and so does what was not written down yet.
	w.exec("", fmt.Sprintf("SET GLOBAL innodb_buffer_pool_size=%d", int64(max(256, 3**megabytes))<<20), fmt.Sprintf("SET GLOBAL %s=%d", redo, 2<<30))
	w.generate()
	return w
}

func (w *bench) exec(schema string, statements ...string) {
	w.b.Helper()
	conn, err := w.db.Conn(w.b.Context())
	if err != nil {
		w.b.Fatal(err)
	}
	defer conn.Close()
	if schema != "" {
		statements = append([]string{"USE " + schema}, statements...)
	}
	for _, q := range statements {
		if _, err := conn.ExecContext(w.b.Context(), q); err != nil {
			w.b.Fatalf("%s: %v", q[:min(len(q), 200)], err)
		}
	}
}

// generate fills the source as an application would: rows come by the time they were made, tokens are random, and foreign keys lead
// anywhere. A row and its entries in four keys take some 480 bytes; 95 foreign keys are in the 60 tables.
func (w *bench) generate() {
	const tables, twice, rowSize = 60, 35, 480
	total := int64(*megabytes) << 20 / rowSize
	w.rows = total / 2
	small := max(1, total/2/(tables-1))
	w.exec("", "DROP DATABASE IF EXISTS "+w.src, "CREATE DATABASE "+w.src+" CHARACTER SET utf8mb4")
	for i := range tables {
		name, n, parent, parents := fmt.Sprintf("t%02d", i), small, fmt.Sprintf("t%02d", i-1), small
		switch i {
		case 0:
			name, n, parent, parents = "events", w.rows, "events", w.rows
		case 1:
			parent, parents = "events", w.rows
		}
		owner := ""
		if i >= tables-twice {
			owner = fmt.Sprintf(", CONSTRAINT o_%s FOREIGN KEY (kind) REFERENCES t01 (id)", name)
		}
		w.exec(w.src,
			fmt.Sprintf("CREATE TABLE %s (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, parent_id BIGINT, code VARCHAR(40) NOT NULL, kind BIGINT NOT NULL, state VARCHAR(20) NOT NULL DEFAULT 'new', "+
				"amount DECIMAL(10,2) NOT NULL, quantity INT, active TINYINT(1) NOT NULL DEFAULT 1, title VARCHAR(80), body VARCHAR(400), made DATETIME NOT NULL, changed DATETIME(6) NOT NULL, "+
				"size INT AS (CHAR_LENGTH(body)) VIRTUAL, total DECIMAL(20,2) AS (amount * quantity) STORED, "+
				"UNIQUE KEY by_code (code), KEY by_kind (kind, made), KEY by_made (made), CONSTRAINT p_%s FOREIGN KEY (parent_id) REFERENCES %s (id)%s)", name, name, parent, owner),
			"SET SESSION foreign_key_checks=0, unique_checks=0, "+w.depth+"=100000000",
			fmt.Sprintf("INSERT INTO %s (id, parent_id, code, kind, state, amount, quantity, active, title, body, made, changed) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "+
				"SELECT i, 1 + CRC32(i) %% %d, LEFT(SHA2(i, 256), 32), 1 + i %% 97, ELT(1 + i %% 3, 'new', 'sent', 'returned'), i %% 10000 / 100, i %% 7, i %% 2, CONCAT('No. ', i), REPEAT(LEFT(SHA2(i, 256), 32), 3), "+
				"'2026-01-01' + INTERVAL i MINUTE, '2026-01-01' + INTERVAL i * 61 SECOND FROM n", name, n, parents))
	}
	for i := range 4 {
		w.exec(w.src, fmt.Sprintf("CREATE VIEW v%d AS SELECT e.id, t.code FROM events e JOIN t0%d t ON t.id = e.id", i, i+1),
			fmt.Sprintf("CREATE TRIGGER g%d BEFORE INSERT ON t0%d FOR EACH ROW SET NEW.kind = NEW.kind + 0", i, i+1))
	}
}

func (w *bench) fresh() {
	w.exec("", "DROP DATABASE IF EXISTS "+w.dst, "CREATE DATABASE "+w.dst+" CHARACTER SET utf8mb4")
}

// pool makes the copy that is to be taken.
func (w *bench) pool() {
	name := w.dst + "_warm"
	w.exec("", "DROP DATABASE IF EXISTS "+name, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	c := Copy{Source: w.src, Target: name, TablesOnly: true}
	if _, err := c.Run(w.b.Context(), w.db, w.db, MethodFor(w.version)); err != nil {
		w.b.Fatal(err)
	}
}

func (w *bench) copyBy(way string) {
	switch way {
	case "clone", "refresh":
		c := Copy{Source: w.src, Target: w.dst, AtOnce: way == "refresh"}
		if _, err := c.Run(w.b.Context(), w.db, w.db, MethodFor(w.version)); err != nil {
			w.b.Fatal(err)
		}
	case "warm":
		c := Copy{Source: w.src, Target: w.dst}
		if _, err := c.Take(w.b.Context(), w.db, w.db, w.dst+"_warm"); err != nil {
			w.b.Fatal(err)
		}
	case "dump":
		host, port, err := net.SplitHostPort(w.dsn.Addr)
		if err != nil {
			w.b.Fatal(err)
		}
		w.shell(fmt.Sprintf("mysqldump --protocol=tcp -h %[1]s -P %[2]s -u root --single-transaction --triggers %[3]s | mysql --protocol=tcp -h %[1]s -P %[2]s -u root %[4]s", host, port, w.src, w.dst))
	case "mydumper":
		host, port, _ := net.SplitHostPort(w.dsn.Addr)
		dir := w.b.TempDir()
		w.shell(fmt.Sprintf("mydumper -h %[1]s -P %[2]s -u root -t 2 -B %[3]s -o %[5]s && myloader -h %[1]s -P %[2]s -u root -t 2 -B %[4]s -s %[3]s -d %[5]s", host, port, w.src, w.dst, dir))
	case "files":
		w.files()
	}
}

func (w *bench) shell(script string) {
	if out, err := exec.CommandContext(w.b.Context(), "sh", "-c", script).CombinedOutput(); err != nil {
		w.b.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// files copies as many bytes as the source's files have, to the disk.
func (w *bench) files() {
	names, err := filepath.Glob(filepath.Join(w.data, w.src, "*.ibd"))
	if err != nil || len(names) == 0 {
		w.b.Fatalf("no files of the source (%v)", err)
	}
	for _, name := range names {
		if err := copyFile(name, filepath.Join(w.b.TempDir(), filepath.Base(name))); err != nil {
			w.b.Fatal(err)
		}
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}

// writing has somebody change rows of the source's largest table while do works, and gives how long each change took.
func (w *bench) writing(do func()) (waits []time.Duration) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := w.db.Conn(w.b.Context())
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			select {
			case <-quit:
				return
			case <-time.After(2 * time.Millisecond):
			}
			began := time.Now()
			if _, err := conn.ExecContext(w.b.Context(), "UPDATE "+w.src+".events SET kind = kind + 1 WHERE id = ?", 1+rand.Int64N(w.rows)); err != nil && !strings.Contains(err.Error(), "context") {
				return
			}
			waits = append(waits, time.Since(began))
		}
	}()
	do()
	close(quit)
	<-ended
	return waits
}

func median(all []time.Duration) time.Duration { return at(all, 0.5) }

func at(all []time.Duration, part float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(float64(len(all))*part))]
}
