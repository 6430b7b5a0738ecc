package bot

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"qabot/store"
)

const letterTimeout = 15 * time.Second // below the guard of a claim

// dispatcher works off the inbox.
type dispatcher struct{ lanes }

func newDispatcher(b *Bot) *dispatcher {
	d := &dispatcher{lanes{bot: b, what: "inbox", list: b.store.Lanes, claim: store.Lane}}
	d.work = d.empty
	d.prepare()
	return d
}

// empty reads a lane until it is empty or ctx ends. A letter that is being read is read to its end.
func (d *dispatcher) empty(ctx context.Context, claim *store.Claim, lane string) (time.Duration, error) {
	work, done := lingering(ctx)
	defer done()
	for {
		letters, err := d.bot.store.Letters(ctx, lane)
		if err != nil || len(letters) == 0 {
			return 0, err
		}
		for _, l := range letters {
			if ctx.Err() != nil {
				return 0, nil
			}
			if err := d.finish(work, claim, l); err != nil {
				return 0, err
			}
		}
	}
}

// finish reads a letter and is done with it, within the lease: later than that it would be somebody else's. The answers are
// kept in the same moment, so a letter that was not finished is read again as if nobody had.
func (d *dispatcher) finish(ctx context.Context, claim *store.Claim, l store.Letter) error {
	ctx, cancel := context.WithTimeout(ctx, store.Lease)
	defer cancel()
	if err := d.bot.store.Renew(ctx, claim); err != nil {
		return err
	}
	answers, err := d.read(ctx, l)
	if err != nil {
		return err
	}
	if err := d.bot.store.Finish(ctx, claim, l.Key, answers...); err != nil {
		return err
	}
	if len(answers) > 0 {
		d.bot.sender.wake()
	}
	return nil
}

// read deals with one letter and gives what is to be answered. Whatever happens, the letter is done with: one that cannot be
// read must not stop the lane.
func (d *dispatcher) read(ctx context.Context, l store.Letter) ([]store.Message, error) {
	pad := &answerPad{letter: l.Key}
	reading, cancel := context.WithTimeout(writingTo(ctx, pad), letterTimeout)
	defer cancel()
	err := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		return d.bot.handle(reading, l)
	}()
	if ctx.Err() != nil {
		return nil, ctx.Err() // cut off by the end: the next process reads it anew
	}
	if err != nil {
		reference := newReference()
		d.bot.log.Error("deal with letter", "reference", reference, "kind", l.Kind, "lane", l.Lane, "error", err)
		if err := d.bot.apologise(writingTo(ctx, pad), l, reference); err != nil {
			return nil, err
		}
	}
	return pad.messages, nil
}
