package keyspace

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"qabot/provisioner/resourcetest"
	"qabot/store"
	"qabot/store/servers/servertest"
)

var benchKeys = flag.Int("purge.keys", 500_000, "keys of others that BenchmarkPurge has beside its own 100,000")

// rounds are taken in turns, so that a busy moment meets all ways alike; what is reported is their median.
const rounds = 3

// BenchmarkPurge takes one environment's 100,000 keys out of a database of many, in the way of the product, in the way that
// everybody knows (redis-cli --scan | xargs redis-cli unlink), and by emptying a number that holds the same keys. While each
// works, another client reads. Printed are ratios alone, measured in turns in one run: a bare time says nothing about
// another machine.
func BenchmarkPurge(b *testing.B) {
	const mine, number, leased = 100_000, 12, 13
	ctx, addr := b.Context(), servertest.Redis(b).Addr
	url := fmt.Sprintf("redis://%s/%d", addr, number)
	kv, err := store.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "store.db"), store.Options{Lease: 2 * time.Hour, Guard: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	defer kv.Close()
	server, err := New(Options{URL: url, Installation: "bench", Mode: Database, First: leased, Last: leased}, &shelf{values: map[store.ID]string{}}, kv)
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	defer server.client.FlushDB(ctx)
	fill(b, server.client, "other_%d:k", *benchKeys)
	id := store.NewID("bench", "shop", "qa/bench")
	c := resourcetest.Claim(b, kv, id, store.Spec{App: "shop", Branch: "qa/bench"})
	if err := server.Apply(ctx, c, store.Observation{}); err != nil {
		b.Fatal(err)
	}
	ways := []struct {
		name string
		in   *redis.Client
		do   func() error
	}{
		{"walk", server.client, func() error { _, err := server.step(ctx, c, Name(id), &walk{}); return err }},
		{"redis-cli", server.client, func() error { return byHand(ctx, addr, number, pattern(Name(id))) }},
		{"number", server.number(leased), func() error { return server.flush(ctx, c, leased, epoch(c.Environment)) }},
	}
	took, waits, idle := make([][]time.Duration, len(ways)), make([][]time.Duration, len(ways)), []time.Duration{}
	for b.Loop() {
		for range rounds {
			stop := probe(ctx, url)
			time.Sleep(500 * time.Millisecond) // how long another client waits when nothing is purged
			idle = append(idle, stop())
			for i, way := range ways {
				fill(b, way.in, Name(id)+":%d", mine)
				stop := probe(ctx, url)
				began := time.Now()
				err := way.do()
				took[i] = append(took[i], time.Since(began))
				waits[i] = append(waits[i], stop())
				if err != nil {
					b.Fatalf("%s: %v", way.name, err)
				}
			}
		}
	}
	if n := server.client.DBSize(ctx).Val(); n != int64(*benchKeys) {
		b.Errorf("%d keys are left, want the %d of others", n, *benchKeys)
	}
	ratio := func(a, b []time.Duration) float64 { return float64(median(a)) / float64(median(b)) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ratio(took[1], took[0]), "×faster-than-redis-cli")
	b.ReportMetric(ratio(took[0], took[2]), "×faster-by-number")
	b.ReportMetric(ratio(waits[0], idle), "p99-of-others/idle")
	b.ReportMetric(float64(median(waits[0]))/float64(time.Millisecond), "p99-of-others/1ms")
	b.ReportMetric(ratio(waits[1], idle), "p99-of-others/idle-redis-cli")
	b.ReportMetric(ratio(waits[2], idle), "p99-of-others/idle-number")
}

// byHand is what people type.
func byHand(ctx context.Context, addr string, number int, pattern string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	const line = `redis-cli -h "$1" -p "$2" -n "$3" --scan --pattern "$4" | xargs redis-cli -h "$1" -p "$2" -n "$3" unlink >/dev/null`
	return exec.CommandContext(ctx, "sh", "-c", line, "sh", host, port, fmt.Sprint(number), pattern).Run()
}

func fill(b *testing.B, c *redis.Client, format string, n int) {
	b.Helper()
	for first := 0; first < n; first += 10_000 {
		if _, err := c.Pipelined(b.Context(), func(p redis.Pipeliner) error {
			for i := first; i < min(first+10_000, n); i++ {
				p.Set(b.Context(), fmt.Sprintf(format, i), "x", 0)
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// probe reads from another connection until it is stopped, and then gives the wait that one in a hundred exceeds.
func probe(ctx context.Context, url string) (stop func() time.Duration) {
	o, err := redis.ParseURL(url)
	if err != nil {
		panic(err)
	}
	c := redis.NewClient(o)
	c.Get(ctx, "other_1:k")
	quit, p99 := make(chan struct{}), make(chan time.Duration)
	go func() {
		defer c.Close()
		var waits []time.Duration
		for {
			began := time.Now()
			c.Get(ctx, "other_1:k")
			waits = append(waits, time.Since(began))
			select {
			case <-quit:
				slices.Sort(waits)
				p99 <- waits[len(waits)*99/100]
				return
			default:
			}
		}
	}()
	return func() time.Duration { close(quit); return <-p99 }
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
