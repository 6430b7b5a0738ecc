package provisioner

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"qabot/store"
)

// renewing is a Store that only renews.
type renewing struct {
	Store
	renew func(ctx context.Context) error
}

func (s renewing) Renew(ctx context.Context, _ *store.Claim) error { return s.renew(ctx) }

func TestAKeptClaimLeavesNothingBehind(t *testing.T) {
	for _, c := range []struct {
		why    string
		answer error
		cause  error
	}{
		{"renewed", nil, nil},
		{"an error says nothing", errors.New("no answer"), nil},
		{"somebody else has it", store.ErrFenced, store.ErrFenced},
		{"a newer wish is there", store.ErrChanged, store.ErrChanged},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &Reconciler{Log: slog.New(slog.DiscardHandler), Store: renewing{renew: func(context.Context) error { return c.answer }}}
			work, stop := r.keep(t.Context(), &store.Claim{})
			time.Sleep(2 * store.RenewEvery)
			if early := work.Err() != nil; early != (c.cause != nil) {
				t.Errorf("%s: the work ended early: %t", c.why, early)
			}
			if cause := stop(); !errors.Is(cause, c.cause) {
				t.Errorf("%s: stopped because of %v", c.why, cause)
			}
			if cause := stop(); !errors.Is(cause, c.cause) {
				t.Errorf("%s: stopped again, because of %v", c.why, cause)
			}
			if work.Err() == nil {
				t.Errorf("%s: the context outlives the pass", c.why)
			}
		})
	}
}

func TestARenewalWithoutAnAnswerDoesNotHoldThePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Reconciler{Log: slog.New(slog.DiscardHandler), Store: renewing{renew: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}}
		_, stop := r.keep(t.Context(), &store.Claim{})
		time.Sleep(store.RenewEvery + time.Second)
		began := time.Now()
		if cause := stop(); cause != nil {
			t.Errorf("stopped because of %v", cause)
		}
		if took := time.Since(began); took > store.LongestCall {
			t.Errorf("stopping took %s", took)
		}
	})
}
