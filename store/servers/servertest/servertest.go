// Package servertest lends the servers of package servers to tests: one MySQL and one Redis for each test binary, started
// when the first test asks and stopped after the last.
//
// QABOT_TEST_MYSQL_DSN (of go-sql-driver/mysql, of an account that may do everything) and QABOT_TEST_REDIS_URL name other
// servers to be used instead. Each run prints which servers it covered. A missing program fails the test that needs it.
package servertest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"qabot/store/servers"

	"github.com/go-sql-driver/mysql"
)

// fleet is what one test binary has running. The tests of a binary have no other place in common than a package variable.
type fleet struct {
	mu     sync.Mutex
	dir    string // empty unless Main runs
	mysql  *servers.MySQL
	redis  *servers.Redis
	serial int
}

var ours fleet

// Main runs the tests, stops the servers and gives the exit code: func TestMain(m *testing.M) { os.Exit(servertest.Main(m)) }.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "qabot")
	if err == nil {
		err = os.Chmod(dir, 0o755) // the user mysql must get through
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "make the folder of the test servers:", err)
		return 1
	}
	ours.dir = dir
	defer ours.stop()
	return m.Run()
}

func (f *fleet) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mysql != nil {
		f.mysql.Stop()
	}
	if f.redis != nil {
		f.redis.Stop()
	}
	if err := os.RemoveAll(f.dir); err != nil {
		fmt.Fprintln(os.Stderr, "remove the folder of the test servers:", err)
	}
}

// folder makes a server's own folder.
func (f *fleet) folder(t testing.TB, name string) string {
	t.Helper()
	if f.dir == "" {
		t.Fatal("call servertest.Main from TestMain, which stops the servers in the end")
	}
	dir := filepath.Join(f.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// MySQL is the binary's server. Its tests share it: take a database each, by Database.
func MySQL(t testing.TB) *servers.MySQL {
	t.Helper()
	ours.mu.Lock()
	defer ours.mu.Unlock()
	if ours.mysql == nil {
		m, err := ours.findMySQL(t)
		if err != nil {
			t.Fatal(err)
		}
		ours.mysql = m
		fmt.Printf("servers: MySQL %s at %s\n", m.Version, m.Addr)
	}
	return ours.mysql
}

func (f *fleet) findMySQL(t testing.TB) (*servers.MySQL, error) {
	t.Helper()
	if dsn := os.Getenv("QABOT_TEST_MYSQL_DSN"); dsn != "" {
		return servers.OtherMySQL(context.Background(), dsn)
	}
	return servers.StartMySQL(context.Background(), f.folder(t, "mysql"))
}

// Redis is the binary's server. Its tests share it: keep to keys or a database number of your own.
func Redis(t testing.TB) *servers.Redis {
	t.Helper()
	ours.mu.Lock()
	defer ours.mu.Unlock()
	if ours.redis == nil {
		r, err := ours.findRedis(t)
		if err != nil {
			t.Fatal(err)
		}
		ours.redis = r
		fmt.Printf("servers: Redis %s at %s\n", r.Version, r.Addr)
	}
	return ours.redis
}

func (f *fleet) findRedis(t testing.TB) (*servers.Redis, error) {
	t.Helper()
	if url := os.Getenv("QABOT_TEST_REDIS_URL"); url != "" {
		return servers.OtherRedis(context.Background(), url)
	}
	return servers.StartRedis(context.Background(), f.folder(t, "redis"))
}

// Database makes an empty database on the binary's MySQL server and gives its DSN, of go-sql-driver/mysql; it is dropped after the test.
func Database(t testing.TB) string {
	t.Helper()
	server := MySQL(t)
	cfg, err := mysql.ParseDSN(server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ours.mu.Lock()
	ours.serial++
	cfg.DBName = fmt.Sprintf("qabot_test_%d_%d", os.Getpid(), ours.serial)
	ours.mu.Unlock()
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+cfg.DBName); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+cfg.DBName); err != nil {
			t.Error(err)
		}
	})
	return cfg.FormatDSN()
}
