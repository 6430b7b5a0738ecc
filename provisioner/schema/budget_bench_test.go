package schema

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"qabot/provisioner/resourcetest"
	"qabot/store"
	"qabot/store/servers/servertest"
)

// bench opens the binary's server.
func bench(b *testing.B) *Server {
	b.Helper()
	s, err := Open(Options{DSN: servertest.MySQL(b).DSN, Installation: "bench", Reserve: Share{Percent: 40}}, &shelf{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func middle(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkDecision decides on one environment beside 100 that have been promised something: the server is asked, the promises are
// added up, the answer is written down. The other way in the same run is to ask the server about each environment in turn.
func BenchmarkDecision(b *testing.B) {
	const live, rounds = 100, 15
	s, kv, ctx := bench(b), resourcetest.Store(b), b.Context()
	r := s.Resource("shop").Within(costs(5), kv)
	var claims []*store.Claim
	for n := range live + rounds {
		id := store.ID(fmt.Sprintf("bench-%d", n))
		claims = append(claims, resourcetest.Claim(b, kv, id, store.Spec{App: "shop", Branch: string(id)}))
		if n < live {
			if _, err := kv.Ask(ctx, claims[n], 10, func([]store.Promised) bool { return true }); err != nil {
				b.Fatal(err)
			}
		}
	}
	var took [2][]time.Duration
	for b.Loop() {
		for n := range rounds {
			began := time.Now()
			if _, err := r.ask(ctx, claims[live+n], 10); err != nil {
				b.Fatal(err)
			}
			took[0] = append(took[0], time.Since(began))
			began = time.Now()
			for _, c := range claims[:live] {
				if _, err := sessionsOf(ctx, s.db, Account(c.ID)); err != nil {
					b.Fatal(err)
				}
			}
			took[1] = append(took[1], time.Since(began))
		}
	}
	b.ReportMetric(0, "ns/op") // a bare time says nothing about another machine
	b.ReportMetric(milliseconds(middle(took[0])), "ms/decision")
	b.ReportMetric(float64(middle(took[1]))/float64(middle(took[0])), "×faster-than-asking-for-each")
}

// BenchmarkDifference finds what differs between two schemas of 60 and of 500 tables: a column in every twentieth. The other
// way in the same run is SHOW CREATE TABLE of each table, which is one round trip for each, and whose texts MySQL writes differently after
// a copy. There are none of the network's delays here.
func BenchmarkDifference(b *testing.B) {
	for _, tables := range []int{60, 500} {
		b.Run(fmt.Sprintf("tables=%d", tables), func(b *testing.B) {
			s := bench(b)
			before, after := alike(b, s, tables)
			ctx := b.Context()
			var took [2][]time.Duration
			for b.Loop() {
				for range 5 {
					began := time.Now()
					was, err := s.read(ctx, before)
					if err != nil {
						b.Fatal(err)
					}
					is, err := s.read(ctx, after)
					if err != nil {
						b.Fatal(err)
					}
					if changes := diff(was, is); len(changes) != tables/20 {
						b.Fatalf("%d changes, want %d", len(changes), tables/20)
					}
					took[0] = append(took[0], time.Since(began))
					began = time.Now()
					if n := s.byText(b, ctx, before, after); n != tables/20 {
						b.Fatalf("%d texts differ, want %d", n, tables/20)
					}
					took[1] = append(took[1], time.Since(began))
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(milliseconds(middle(took[0])), "ms/difference")
			b.ReportMetric(float64(middle(took[0]))/float64(middle(took[1])), "×time-of-SHOW-CREATE")
			b.ReportMetric(float64(2*(1+tables))/float64(2*len(parts)), "×fewer-round-trips") // of which there is no delay here
		})
	}
}

// alike makes two schemas that differ in every twentieth table.
func alike(b *testing.B, s *Server, tables int) (before, after string) {
	b.Helper()
	names := []string{fmt.Sprintf("bench_before_%d", tables), fmt.Sprintf("bench_after_%d", tables)}
	exec := func(format string, args ...any) {
		if _, err := s.db.ExecContext(context.WithoutCancel(b.Context()), fmt.Sprintf(format, args...)); err != nil {
			b.Fatal(err)
		}
	}
	for side, name := range names {
		exec("CREATE DATABASE %s", name)
		b.Cleanup(func() { exec("DROP DATABASE %s", name) })
		for n := range tables {
			extra := ""
			if side == 1 && n%20 == 19 {
				extra = ", note VARCHAR(32)"
			}
			exec(`CREATE TABLE %s.t%d (id BIGINT PRIMARY KEY AUTO_INCREMENT, parent BIGINT, name VARCHAR(64) NOT NULL DEFAULT 'x', price DECIMAL(8,2), made DATETIME%s,
				KEY by_name (name), UNIQUE KEY by_both (parent, name), CONSTRAINT fk%d FOREIGN KEY (parent) REFERENCES t%d (id))`, name, n, extra, n, n)
		}
	}
	return names[0], names[1]
}

// byText compares the texts of SHOW CREATE TABLE.
func (s *Server) byText(b *testing.B, ctx context.Context, before, after string) (differ int) {
	b.Helper()
	texts := func(schema string) map[string]string {
		names, err := column(ctx, s.db, "SELECT table_name FROM information_schema.tables WHERE table_schema=?", schema)
		if err != nil {
			b.Fatal(err)
		}
		found := map[string]string{}
		for _, name := range names {
			var table, text string
			if err := s.db.QueryRowContext(ctx, "SHOW CREATE TABLE "+quote(schema)+"."+quote(name)).Scan(&table, &text); err != nil {
				b.Fatal(err)
			}
			found[name] = text
		}
		return found
	}
	was, is := texts(before), texts(after)
	for name, text := range is {
		if was[name] != text {
			differ++
		}
	}
	return differ
}
