package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"
)

// patience is how long a page waits for the database or Redis before it gives up.
const patience = 2 * time.Second

// A database is the shop's MySQL schema.
type database struct{ *sql.DB }

// openDatabase connects when first asked.
func openDatabase(c config) (database, error) {
	cfg := c.mysql.Clone()
	cfg.Timeout = patience
	cfg.Logger = &mysql.NopLogger{} // broken connections come back as errors; we tell about those
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return database{}, fmt.Errorf("open the database: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(c.threads)
	db.SetMaxIdleConns(c.threads)
	db.SetConnMaxIdleTime(time.Minute)
	return database{db}, nil
}

// wait returns once the database answers, for commands that run once while it may still be starting.
func (db database) wait(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.PingContext(ctx)
		if refused := (*mysql.MySQLError)(nil); err == nil || errors.As(err, &refused) {
			return err // an answer, if only "access denied", will not change by asking again
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("reach the database: %w", err)
		case <-tick.C:
		}
	}
}

// A row is one row by the names of its columns, so that templates see the columns of their own branch. NULL is "".
type row map[string]string

// rows reads in a transaction that it takes back: the embedded server of the demo writes back what a committed reader saw,
// over what others wrote meanwhile.
func (db database) rows(ctx context.Context, query string, args ...any) ([]row, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	found, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		return nil, err
	}
	values, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	var all []row
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		r := row{}
		for i, name := range names {
			r[name] = values[i].String
		}
		all = append(all, r)
	}
	return all, found.Err()
}

// A queue is the shop's corner of Redis: the visits, and the orders on their way to the worker.
type queue struct {
	client    *redis.Client
	namespace string
}

// An order is a job for the worker.
type order struct {
	Job     string `json:"job"` // names the order once and for all
	Product int64  `json:"product"`
}

func openQueue(c config) *queue {
	opt := *c.redis
	opt.PoolSize, opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout, opt.MaxRetries = c.threads, patience, patience, patience, 1
	return &queue{client: redis.NewClient(&opt), namespace: c.namespace}
}

func (q *queue) key(name string) string {
	if q.namespace == "" {
		return name
	}
	return q.namespace + ":" + name
}

func (q *queue) visit(ctx context.Context) (int64, error) {
	return q.client.Incr(ctx, q.key("visits")).Result()
}

func (q *queue) add(ctx context.Context, o order) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return q.client.LPush(ctx, q.key("orders"), text).Err()
}

// waiting counts the orders that no worker has finished.
func (q *queue) waiting(ctx context.Context) (int64, error) {
	queued, err := q.client.LLen(ctx, q.key("orders")).Result()
	if err != nil {
		return 0, err
	}
	taken, err := q.client.LLen(ctx, q.key("orders:taken")).Result()
	return queued + taken, err
}

// take moves the oldest order to the taken ones and returns its text; "" when none came in time.
func (q *queue) take(ctx context.Context, limit time.Duration) (string, error) {
	text, err := q.client.BLMove(ctx, q.key("orders"), q.key("orders:taken"), "RIGHT", "LEFT", limit).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return text, err
}

// done forgets a taken order.
func (q *queue) done(ctx context.Context, text string) error {
	return q.client.LRem(ctx, q.key("orders:taken"), 1, text).Err()
}

// restore queues again what a worker took and did not finish.
func (q *queue) restore(ctx context.Context) error {
	for {
		err := q.client.LMove(ctx, q.key("orders:taken"), q.key("orders"), "LEFT", "RIGHT").Err()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
