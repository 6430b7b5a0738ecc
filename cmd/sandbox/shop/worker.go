package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// breath is how long the worker waits after a store was away.
const breath = time.Second

// runWorker writes queued orders to the database until ctx ends. An order is forgotten by Redis only after MySQL has it,
// and its job's name is unique there, so a worker that dies half-way loses nothing and doubles nothing.
func runWorker(ctx context.Context, p *process) error {
	p.log.Info("working", "branch", p.config.branch, "commit", p.config.commit)
	restored := false
	for ctx.Err() == nil {
		err := p.work(ctx, &restored)
		if err == nil || ctx.Err() != nil {
			continue
		}
		p.log.Warn("work on the orders; trying again", "error", err)
		restored = false
		select {
		case <-ctx.Done():
		case <-time.After(breath):
		}
	}
	p.log.Info("stopped", "role", p.role)
	return nil
}

// work waits a moment for one order and handles it.
func (p *process) work(ctx context.Context, restored *bool) error {
	if !*restored {
		if err := p.redis.restore(ctx); err != nil {
			return fmt.Errorf("look for unfinished orders: %w", err)
		}
		*restored = true
	}
	text, err := p.redis.take(ctx, time.Second)
	if err != nil {
		return fmt.Errorf("take an order: %w", err)
	}
	if text == "" {
		return nil
	}
	// What was taken is finished even if SIGTERM comes meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	if err := p.handle(ctx, text); err != nil {
		return fmt.Errorf("write an order: %w", err)
	}
	if err := p.redis.done(ctx, text); err != nil {
		return fmt.Errorf("forget an order: %w", err)
	}
	return nil
}

func (p *process) handle(ctx context.Context, text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		p.log.Error("drop an unreadable order", "text", text, "error", err)
		return nil
	}
	const insert = `INSERT IGNORE INTO orders (job, product_id, product_name, price_cents)
		SELECT ?, id, name, price_cents FROM products WHERE id = ?`
	result, err := p.db.ExecContext(ctx, insert, o.Job, o.Product)
	if err != nil {
		return err
	}
	written, err := result.RowsAffected()
	if err != nil {
		return err
	}
	p.log.Info("order", "job", o.Job, "product", o.Product, "written", written == 1)
	return nil
}
