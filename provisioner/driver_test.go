package provisioner_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"qabot/provisioner"
	"qabot/store"
)

func TestLocalDriver(t *testing.T) {
	p := newPlay(t)
	d := &provisioner.Local{Store: p.store, Workers: 2, Poll: 10 * time.Millisecond, Drain: time.Second, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	up := make(chan struct{})
	var once sync.Once
	p.Told = func(store.ID) {
		env, err := p.store.Get(context.WithoutCancel(ctx), id)
		if err == nil && env.Phase(time.Now()) == store.Up {
			once.Do(func() { close(up) })
		}
	}
	p.Pace.Rest = time.Hour
	go func() { ended <- d.Run(ctx, p.Pass) }()
	p.up("c1")
	d.Wake(id)
	select {
	case <-up:
	case <-time.After(30 * time.Second):
		t.Error("the driver did not bring it up")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNoPassBeginsAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		d := &provisioner.Local{Store: due{"a", "b", "c"}, Workers: 1, Poll: time.Second, Drain: time.Minute, Log: slog.New(slog.DiscardHandler)}
		var passed []store.ID
		err := d.Run(ctx, func(work context.Context, id store.ID) (time.Duration, error) {
			passed = append(passed, id)
			end()
			time.Sleep(time.Second) // a pass under way goes on
			return 0, work.Err()
		})
		if err != nil || len(passed) != 1 {
			t.Errorf("passes over %s; %v", passed, err)
		}
	})
}

type due []store.ID

func (d due) Due(context.Context, int) ([]store.ID, error) { return d, nil }
