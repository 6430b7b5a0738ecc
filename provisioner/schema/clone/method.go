package clone

import "strings"

// Method is how rows are copied. What is fastest and sound differs between servers.
type Method struct {
	Chunk   int64    // bytes of a table that one statement copies; 0: each table whole
	Defer   int64    // tables larger than this get their secondary keys after their rows; 0: none does
	Analyze bool     // tables are analyzed while they are empty
	Session []string // settings of each connection
}

const mebibyte = 1 << 20

// usualWorkers is how many connections copy side by side. On two processors more do not pay, and they are in the way of others.
const usualWorkers = 2

// MethodFor gives the method for a server of that version.
//
// MariaDB inserts into an empty table in bulk and builds its indexes at the end by itself, under a lock that a second statement
// on the table would wait for; and adding keys beside another copy has brought it down. Under that lock its thread that gathers
// statistics, which waits for tables that nobody analyzed, keeps a processor busy (seen with 10.11.19).
//
// On MySQL each connection adds keys by one thread: with more of them, or over a third connection, a copy takes as long beside
// somebody who writes, and keeps them waiting longer (seen with 9.7.4 on two processors).
func MethodFor(version string) Method {
	if strings.Contains(strings.ToLower(version), "mariadb") {
		return Method{Analyze: true}
	}
	m := Method{Chunk: 32 * mebibyte, Defer: 4 * mebibyte}
	if known := majorOf(version); known >= 8 {
		m.Session = []string{"SET SESSION innodb_parallel_read_threads=1", "SET SESSION innodb_ddl_threads=1"}
	}
	return m
}

func majorOf(version string) int {
	n := 0
	for _, c := range version {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}
