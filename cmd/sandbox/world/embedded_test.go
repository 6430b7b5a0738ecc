package world

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"

	_ "github.com/go-sql-driver/mysql"
)

func embedded(t *testing.T) *sql.DB {
	t.Helper()
	dsn, stop, err := embeddedMySQL()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// What several write side by side is all there: rows, and a counter.
func TestEmbeddedMySQLLosesNothing(t *testing.T) {
	db := embedded(t)
	do := func(statement string, args ...any) {
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	do("CREATE DATABASE shop")
	do("CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, writer INT)")
	do("CREATE TABLE shop.sold (id INT PRIMARY KEY, n INT)")
	do("INSERT INTO shop.sold VALUES (1, 0)")
	const writers, each = 6, 20
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for range each {
				db.ExecContext(t.Context(), "INSERT INTO shop.orders (id, writer) VALUES (1, 1), (1, 1)") // fails
				do("INSERT INTO shop.orders (writer) VALUES (?)", writer)
				do("UPDATE shop.sold SET n = n + 1")
			}
		})
	}
	all.Wait()
	var orders, sold int
	if err := db.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM shop.orders), (SELECT n FROM shop.sold)").Scan(&orders, &sold); err != nil {
		t.Fatal(err)
	}
	if orders != writers*each || sold != writers*each {
		t.Errorf("%d orders and %d sold, want %d of each", orders, sold, writers*each)
	}
}

// A statement that never ends holds up the others, but not the one that ends it.
func TestEmbeddedMySQLEndsAStatement(t *testing.T) {
	db := embedded(t)
	slow, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var id int
	if err := slow.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := slow.ExecContext(t.Context(), "DO SLEEP(3600)")
		ended <- err
	}()
	// Whether the statement runs already cannot be asked here; one that comes too early ends the connection all the same.
	if _, err := other.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id)); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the statement ended well")
	}
	if err := other.PingContext(t.Context()); err != nil {
		t.Error(err)
	}
}
