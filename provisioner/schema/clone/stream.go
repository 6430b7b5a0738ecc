package clone

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// A source that is written to is copied as it was at one moment. No statement inside the server can do that: INSERT..SELECT always
// reads the newest rows. So one session takes a snapshot, and its rows go through this process into the target, masked before they leave
// the source. Several sessions have the same snapshot only if writers are kept out while they take it, and whoever writes to two tables
// then may be refused as a deadlock. One session needs no lock: nobody at the source notices.
const (
	readerNap = time.Hour
	slowest   = 10 * time.Minute // that either side of a stream waits for the other
)

// stream fills the tables one after the other. While the server is busy with the end of one, which is when its keys are made, the
// next is sent over another connection, of which there are as many as workers; the first is there.
func (r *run) stream(ctx context.Context, from, first *sql.Conn, tables []*table) error {
	for _, t := range tables {
		if t.engine != "InnoDB" {
			return &Unfit{What: t.name, Why: "its engine is " + t.engine + ", which knows no snapshots"}
		}
	}
	if len(tables) == 0 {
		return nil
	}
	reader, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	// A snapshot has no structure: what was read before it must be what was there.
	if err := r.unchanged(ctx, from, tables); err != nil {
		return err
	}
	open, err := r.gate(ctx, first)
	if err != nil {
		return err
	}
	free := make(chan *sql.Conn, r.Workers)
	for i := range cap(free) {
		conn := first
		if i > 0 {
			if conn, err = r.session(ctx, r.db, r.Target); err != nil {
				return err
			}
			defer conn.Close()
		}
		if err := receive(ctx, conn); err != nil {
			return err
		}
		free <- conn
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, t := range tables {
		var conn *sql.Conn
		select {
		case conn = <-free:
		case <-ctx.Done():
			return cmp.Or(g.Wait(), ctx.Err()) // not all tables are filled, even where none failed
		}
		rest, err := r.send(ctx, reader, conn, t, open)
		g.Go(func() error {
			err := err
			if err == nil {
				err = rest()
			}
			if err == nil {
				err = r.finish(ctx, conn, t)
			}
			if err != nil {
				return fmt.Errorf("fill table %s: %w", t.name, err)
			}
			free <- conn
			return nil
		})
		if err != nil {
			break
		}
	}
	return g.Wait()
}

// snapshot gives a session that sees the source as it is now for as long as it is open.
func (r *run) snapshot(ctx context.Context) (*sql.Conn, error) {
	conn, err := r.session(ctx, r.db, r.Source)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", r.Source, err)
	}
	for _, q := range []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		// Without a character set for results a text leaves as the bytes that it is.
		fmt.Sprintf("SET SESSION character_set_results=NULL, net_write_timeout=%d, wait_timeout=%d", int(slowest.Seconds()), int(readerNap.Seconds())),
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
	} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			conn.Close()
			return nil, fmt.Errorf("take a snapshot: %s: %w", q, err)
		}
	}
	return conn, nil
}

// counter is the part of a definition that changes with the rows.
var counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

func (r *run) unchanged(ctx context.Context, from *sql.Conn, tables []*table) error {
	now, err := r.read(ctx, from)
	if err != nil {
		return err
	}
	made := func(all []*table) map[string]string {
		m := map[string]string{}
		for _, t := range all {
			m[t.name] = counter.ReplaceAllString(t.made, "")
		}
		return m
	}
	was, is := made(tables), made(now)
	for _, all := range []map[string]string{was, is} {
		for name := range all {
			if was[name] != is[name] {
				return &Unfit{What: name, Why: "somebody changed it just now"}
			}
		}
	}
	return nil
}

// receive sets a connection up for rows that come from elsewhere.
func receive(ctx context.Context, conn *sql.Conn) error {
	for _, q := range []string{
		"SET SESSION sql_mode='" + sqlMode + ",ALLOW_INVALID_DATES'", // a date comes as text, and is taken as the source had it
		fmt.Sprintf("SET SESSION net_read_timeout=%d", int(slowest.Seconds())),
	} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

// note writes down that the server had something to say about the rows of a table. Not what: it may quote them.
func (r *run) note(t *table) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.Changed, t.name) {
		r.Changed = append(r.Changed, t.name)
	}
}
