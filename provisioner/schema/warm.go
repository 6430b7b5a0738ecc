package schema

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qabot/provisioner"
	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// Warm schemas are copies of a template's tables that were made before anybody asked. Whoever needs data takes the tables of one,
// in one statement; what is left of it is dropped, and another is made.
const (
	warmPrefix = store.Prefix + "_warm_"

	markWarm  = "warm"  // app and number
	markStamp = "stamp" // of the template as it was
	markTaken = "taken" // the tables are being taken, or were
)

func warmKey(app string, n int) string { return app + "/" + strconv.Itoa(n) }

func (s *Server) warmName(app string, n int) string {
	return warmPrefix + store.NewID(s.o.Installation, app+"/warm", strconv.Itoa(n)).Underscored()
}

// stamp tells one state of a template, with the rules that its copies are masked by, from another.
func (s *Server) stamp(ctx context.Context, template string, masks []clone.Mask) (string, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	// MySQL would tell what was so up to a day ago.
	if _, err := conn.ExecContext(ctx, "SET SESSION information_schema_stats_expiry = 0"); err == nil {
		defer conn.ExecContext(context.WithoutCancel(ctx), "SET SESSION information_schema_stats_expiry = DEFAULT")
	}
	tables, err := column(ctx, conn, "SELECT CONCAT_WS('|', table_name, create_time, COALESCE(update_time, ''), COALESCE(auto_increment, '')) FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name", template)
	if err != nil {
		return "", fmt.Errorf("look at template %s: %w", template, err)
	}
	made, err := s.read(ctx, template)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal([]any{template, tables, made, masks})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12]), nil
}

// Warmer keeps warm schemas ready. Like all work on schemas it follows from what is there: a copy that was cut off, taken or has
// become old is dropped and made anew.
type Warmer struct {
	*Server
	Every time.Duration

	last map[string]string // stamps of templates as they were at the look before, by app
}

// Run looks at them until the context ends.
func (w *Warmer) Run(ctx context.Context) error {
	return provisioner.Every(ctx, w.Every, w.o.Log, "look at warm schemas", w.Once)
}

// Once starts the work on one schema that is not as it should be: staging has other work, so they are filled one after the other.
func (w *Warmer) Once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	names, err := column(ctx, w.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE ?", pattern(warmPrefix)+"%")
	if err != nil {
		return fmt.Errorf("list warm schemas: %w", err)
	}
	if w.last == nil {
		w.last = map[string]string{}
	}
	wanted := map[string]bool{}
	for _, app := range w.apps() {
		start := w.o.Starts[app]
		source, _ := store.SourceOf(start.From)
		o := &origin{Source: source, schema: source.Name}
		if err := w.examine(ctx, o); err != nil {
			w.o.Log.Warn("a template cannot be kept warm", "app", app, "error", err)
			continue
		}
		stamp, err := w.stamp(ctx, o.schema, start.Masks)
		if err != nil {
			return err
		}
		quiet := w.last[app] == stamp
		w.last[app] = stamp
		for n := 1; n <= start.Warm; n++ {
			name := w.warmName(app, n)
			wanted[name] = true
			if slices.Contains(names, name) {
				if fit, err := w.fit(ctx, name, warmKey(app, n), stamp); fit || err != nil {
					if err != nil {
						return err
					}
					continue
				}
			}
			if !quiet {
				continue // copies of what is being written to would never be right
			}
			if begun, err := w.warm(ctx, o, name, warmKey(app, n), stamp, start.Masks); begun || err != nil {
				return err
			}
		}
	}
	for _, name := range names {
		if !wanted[name] {
			if begun, err := w.cool(ctx, name); begun || err != nil {
				return err
			}
		}
	}
	return nil
}

// apps are those that have warm schemas, in order.
func (w *Warmer) apps() []string {
	var apps []string
	for app, start := range w.o.Starts {
		if source, _ := store.SourceOf(start.From); start.Warm > 0 && source.Sort == store.FromTemplate {
			apps = append(apps, app)
		}
	}
	slices.Sort(apps)
	return apps
}

// fit tells whether a warm schema may be taken as it is.
func (s *Server) fit(ctx context.Context, name, key, stamp string) (bool, error) {
	marks, err := s.readMarks(ctx, name, markInstallation, markWarm, markStamp, markTaken, markFilling)
	if is(err, tableGone, unknownTable, unknownSchema) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read marks of %s: %w", name, err)
	}
	return marks[markInstallation] == s.o.Installation && marks[markWarm] == key && marks[markStamp] == stamp && marks[markTaken] == "" && marks[markFilling] == "", nil
}

// warm starts to make one; begun is false where somebody is at it.
func (w *Warmer) warm(ctx context.Context, o *origin, name, key, stamp string, masks []clone.Mask) (begun bool, err error) {
	c, err := w.claimJob(ctx, name)
	if c == nil || err != nil {
		return false, err
	}
	w.start(c, func(ctx context.Context) error {
		if err := w.clearOurs(ctx, c, name, markWarm, key); err != nil {
			return err
		}
		token, err := w.makeFilling(ctx, c, name, markWarm, key, markStamp, stamp)
		if err != nil {
			return err
		}
		work := clone.Copy{Source: o.schema, Target: name, Skip: []string{marksTable}, Masks: masks, Workers: 1, TablesOnly: true, Check: c.Check, Enter: enter(name, token)}
		if _, err := w.copyOurs(ctx, work); err != nil {
			return fmt.Errorf("copy %s: %w", o.schema, err)
		}
		return w.filled(ctx, c, name, token)
	})
	return true, nil
}

// cool starts to drop one that nobody wants: it bears this installation's marks.
func (w *Warmer) cool(ctx context.Context, name string) (begun bool, err error) {
	marks, err := w.readMarks(ctx, name, markInstallation, markWarm)
	if err != nil || marks[markInstallation] != w.o.Installation || marks[markWarm] == "" {
		return false, nil // not ours, or not to be told: left alone
	}
	c, err := w.claimJob(ctx, name)
	if c == nil || err != nil {
		return false, err
	}
	w.start(c, func(ctx context.Context) error { return w.clearOurs(ctx, c, name, markWarm, marks[markWarm]) })
	return true, nil
}

// takeWarm fills a schema from a warm one, where there is one of the template as it is now.
func (s *Server) takeWarm(ctx context.Context, f fill, work clone.Copy, copies pools) (took bool, err error) {
	start := s.o.Starts[f.app]
	if f.origin.Sort != store.FromTemplate || f.origin.String() != start.From || start.Warm == 0 {
		return false, nil
	}
	stamp, err := s.stamp(ctx, f.origin.schema, start.Masks)
	if err != nil {
		return false, err
	}
	for n := 1; n <= start.Warm; n++ {
		name, key := s.warmName(f.app, n), warmKey(f.app, n)
		if fit, err := s.fit(ctx, name, key, stamp); !fit || err != nil {
			if err != nil {
				return false, err
			}
			continue
		}
		c, err := s.claimJob(ctx, name)
		if err != nil {
			return false, err
		}
		if c == nil {
			continue
		}
		took, err := s.takeThis(ctx, c, name, key, stamp, work, copies)
		if took || err != nil {
			return took, err
		}
	}
	return false, nil
}

// takeThis takes one under its claim. What happens to it from then on shows in its marks.
func (s *Server) takeThis(ctx context.Context, c *store.Claim, name, key, stamp string, work clone.Copy, copies pools) (took bool, err error) {
	defer func() {
		calm, cancel := context.WithTimeout(context.WithoutCancel(ctx), store.LongestCall)
		defer cancel()
		if left := s.notes.Release(calm, c); left != nil && !errors.Is(left, store.ErrFenced) {
			s.o.Log.Warn("give back a claim", "name", c.Name, "error", left)
		}
	}()
	if fit, err := s.fit(ctx, name, key, stamp); !fit || err != nil {
		return false, err
	}
	if err := s.writeMarks(ctx, c, name, markTaken, work.Target); err != nil {
		return false, fmt.Errorf("take %s: %w", name, err)
	}
	if _, err := work.Take(ctx, copies.db, copies.owner, name); err != nil {
		return false, err
	}
	s.o.Log.Info("schema taken", "from", name, "to", work.Target)
	return true, nil
}

// clearOurs drops a schema that is no environment's: its name has our pattern, whoever calls has its claim, and its marks are ours or there
// is nothing in it.
func (s *Server) clearOurs(ctx context.Context, c *store.Claim, name, mark, key string) error {
	there, err := column(ctx, s.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", name)
	if err != nil || len(there) == 0 {
		return err
	}
	tables, err := column(ctx, s.db, "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", name)
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		marks, err := s.readMarks(ctx, name, markInstallation, mark)
		if err != nil && !is(err, tableGone, unknownTable, unknownColumn) && !refused(err) {
			return fmt.Errorf("read marks of %s: %w", name, err)
		}
		bare := err == nil && len(marks) == 0 && len(tables) == 1 // the marker table alone
		if err != nil || !bare && (marks[markInstallation] != s.o.Installation || marks[mark] != key) {
			return errors.Join(foreign(name), err)
		}
		if err := s.stopFilling(ctx, c, name); err != nil {
			return err
		}
	}
	return explain(s.do(ctx, c, "DROP DATABASE "+quote(name)), "drop database")
}
