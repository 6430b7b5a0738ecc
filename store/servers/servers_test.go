package servers_test

import (
	"database/sql"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"qabot/store/servers"
	"qabot/store/servers/servertest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { os.Exit(servertest.Main(m)) }

func TestRedisAnswersUntilStopped(t *testing.T) {
	defer goleak.VerifyNone(t)
	r, err := servers.StartRedis(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	again, err := servers.OtherRedis(t.Context(), r.URL)
	if err != nil || again.Version == "" {
		t.Fatalf("Redis does not answer: %v, %v", again, err)
	}
	r.Stop()
	r.Stop()
	if conn, err := net.Dial("tcp", r.Addr); err == nil {
		_ = conn.Close()
		t.Error("Redis answers although it was stopped")
	}
}

func TestTwoServersSideBySide(t *testing.T) {
	a, err := servers.StartRedis(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop()
	if b := servertest.Redis(t); b.Addr == a.Addr {
		t.Errorf("both servers have %s", a.Addr)
	}
}

func TestMySQLHasTheRightsThatTestsNeed(t *testing.T) {
	db, err := sql.Open("mysql", servertest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		"CREATE TABLE things (id int PRIMARY KEY)",
		"CREATE FUNCTION one() RETURNS int NO SQL RETURN 1",
		"CREATE USER qabot_test_u IDENTIFIED BY 'x'",
		"GRANT SELECT ON things TO qabot_test_u",
		"DROP USER qabot_test_u",
	} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Errorf("%s: %v", q, err)
		}
	}
}

// open is a folder that every user gets through to.
func open(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFailedStartShowsTheLog(t *testing.T) {
	dir := open(t)
	if err := os.Mkdir(dir+"/data", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/data/mysql", nil, 0o644); err != nil { // looks installed, and is not
		t.Fatal(err)
	}
	_, err := servers.StartMySQL(t.Context(), dir)
	if err == nil || !strings.Contains(err.Error(), "ERROR") {
		t.Errorf("got %v", err)
	}
	if errors.Is(err, syscall.ECHILD) {
		t.Errorf("the process was not waited for: %v", err)
	}
}
