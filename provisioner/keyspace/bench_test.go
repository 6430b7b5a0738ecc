package keyspace

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"qabot/provisioner/resourcetest"
	"qabot/store"
	"qabot/store/servers/servertest"
)

// BenchmarkPurge takes one namespace of 20,000 keys out of a database of 200,000, in the way of the product and in the way
// that comes to mind first: one script with KEYS. While it works, another client reads. Printed are ratios of the one to
// the other, measured in turns in one run: how much longer the purge takes, and how much less the other client waits.
func BenchmarkPurge(b *testing.B) {
	const mine, others = 20_000, 180_000
	ctx := b.Context()
	url := fmt.Sprintf("redis://%s/12", servertest.Redis(b).Addr)
	server, err := New(Options{URL: url, Installation: "bench"}, &shelf{values: map[store.ID]string{}})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	defer server.client.FlushDB(ctx)
	fill(b, server.client, "other_%d:k", others)
	kv := resourcetest.Store(b)
	var took, worst [2][]time.Duration
	for n := 0; b.Loop(); n++ {
		for way := range 2 {
			id := store.ID(fmt.Sprintf("bench-%d-%d", n, way))
			c := resourcetest.Claim(b, kv, id, store.Spec{App: "shop", Branch: string(id)})
			fill(b, server.client, Name(id)+":%d", mine)
			stop := probe(ctx, url)
			began := time.Now()
			if way == 0 {
				_, err = server.purge(ctx, c, Name(id))
			} else {
				err = server.client.Eval(ctx, "for _, k in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('UNLINK', k) end return 0", nil, pattern(Name(id))).Err()
			}
			took[way] = append(took[way], time.Since(began))
			worst[way] = append(worst[way], stop())
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(0, "ns/op") // a bare time says nothing about another machine
	b.ReportMetric(float64(median(took[0]))/float64(median(took[1])), "×time-of-KEYS")
	b.ReportMetric(float64(median(worst[1]))/float64(median(worst[0])), "×shorter-worst-wait-of-others")
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

// probe reads from another connection until it is stopped, and then gives its worst wait.
func probe(ctx context.Context, url string) (stop func() time.Duration) {
	o, err := redis.ParseURL(url)
	if err != nil {
		panic(err)
	}
	c := redis.NewClient(o)
	quit, worst := make(chan struct{}), make(chan time.Duration)
	go func() {
		defer c.Close()
		var w time.Duration
		for {
			select {
			case <-quit:
				worst <- w
				return
			default:
			}
			began := time.Now()
			c.Get(ctx, "other_1:k")
			w = max(w, time.Since(began))
		}
	}()
	return func() time.Duration { close(quit); return <-worst }
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
