package app_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"qabot/store/servers/servertest"
)

// sweep takes away what an earlier run left of an installation on a server that outlives the tests: it would go on with it.
func sweep(t testing.TB, installation string) {
	t.Helper()
	if os.Getenv("QABOT_TEST_MYSQL_DSN") == "" {
		return
	}
	db, err := sql.Open("mysql", servertest.MySQL(t).DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names := func(query string) (all []string) {
		found, err := db.QueryContext(t.Context(), query)
		if err != nil {
			return nil // another test's, and gone by now
		}
		defer found.Close()
		for found.Next() {
			var name string
			if err := found.Scan(&name); err != nil {
				t.Fatal(err)
			}
			all = append(all, name)
		}
		return all
	}
	accounts := names("SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user LIKE 'qa\\_%'")
	for _, schema := range names("SELECT table_schema FROM information_schema.tables WHERE table_name = 'qabot_marks'") {
		marked := names("SELECT value FROM `" + schema + "`.qabot_marks WHERE name = 'installation'")
		if len(marked) != 1 || marked[0] != installation {
			continue
		}
		drop := []string{"DROP DATABASE `" + schema + "`"}
		for _, account := range accounts {
			id, _, _ := strings.Cut(strings.TrimPrefix(account, "'qa_"), "'")
			if strings.HasSuffix(schema, "_"+id) {
				drop = append(drop, "DROP USER "+account)
			}
		}
		for _, q := range drop {
			if _, err := db.ExecContext(t.Context(), q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
	}
}
