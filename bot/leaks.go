package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// leaksLook is between two looks whether this week's word about keys of nobody was said.
const leaksLook = time.Hour

// Words about keys of nobody.
const (
	labelLeaks      = "label.leaks"       // keys looked at, database number
	labelLeak       = "label.leak"        // pattern, keys
	labelLeakOf     = "label.leak-of"     // pattern, keys, library
	labelLeakAbout  = "label.leak-about"  // as labelLeak, where the count is an estimate
	labelLeakAbout2 = "label.leak-about2" // as labelLeakOf, likewise
	labelLeakSuch   = "label.leak-such"   // example
)

// leakWatch tells the admin channel once a week of keys of Redis that belong to no environment.
type leakWatch struct {
	bot  *Bot
	done string // week in which nothing is to be said any more
}

// run looks at once and then every hour until ctx ends.
func (l *leakWatch) run(ctx context.Context) error {
	tick := time.NewTicker(leaksLook)
	defer tick.Stop()
	for {
		if err := l.look(ctx); err != nil && ctx.Err() == nil {
			l.bot.log.Warn("look for keys of nobody", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look says what there is to say this week. Of several replicas one looks, and the message's key lets it be said once.
func (l *leakWatch) look(ctx context.Context) (err error) {
	b := l.bot
	year, n := b.opt.Now().UTC().ISOWeek()
	week := fmt.Sprintf("leaks/%d-%02d", year, n)
	if l.done == week {
		return nil
	}
	claim, err := b.store.ClaimName(ctx, "leaks", b.worker)
	if err != nil || claim == nil {
		return err
	}
	defer b.release(ctx, claim, &err)
	ctx, cancel := context.WithTimeout(ctx, store.Guard)
	defer cancel()
	found, err := b.opt.Leaks(ctx)
	if err != nil {
		return err
	}
	if len(found.Found) > 0 {
		if err := b.tellAdmin(ctx, week, leaks(b.texts, found)); err != nil {
			return err
		}
	}
	l.done = week
	return nil
}

// tellAdmin says something in the admin channel, once for each key.
func (b *Bot) tellAdmin(ctx context.Context, key string, v view) error {
	channel, err := b.slack.channelID(ctx, b.opt.Admin)
	if err != nil {
		return fmt.Errorf("look up admin channel: %w", err)
	}
	body, err := json.Marshal(saying{place: place{Channel: channel, Direct: true}, Text: v.Text, Blocks: slack.Blocks{BlockSet: v.Blocks}})
	if err != nil {
		return fmt.Errorf("write to the admin channel: %w", err)
	}
	if err := b.store.Post(ctx, store.Message{Key: key, Lane: slackLane(channel), Body: body}); err != nil {
		return err
	}
	b.sender.wake()
	return nil
}

// leaks shows keys of nobody, the most first.
func leaks(t texts, found store.Leaks) view {
	d := store.Say(labelLeaks, found.Looked, found.Number)
	v := answer(t, d)
	var rows []slack.RichTextElement
	for _, l := range found.Found {
		code, args := labelLeak, []string{short(l.Pattern, 80), strconv.FormatInt(l.Keys, 10), l.Maker}
		switch about := found.Looked < found.Keys; {
		case about && l.Maker != "":
			code = labelLeakAbout2
		case about:
			code = labelLeakAbout
		case l.Maker != "":
			code = labelLeakOf
		}
		said := t.rich(t.of(code).Say, args...)
		if l.Example != l.Pattern {
			said = append(said, t.rich("  "+t.of(labelLeakSuch).Say, short(l.Example, 80))...)
		}
		rows = append(rows, row(said...))
	}
	if len(rows) == 0 {
		return v
	}
	return v.add(richText("leaks", rows...))
}
