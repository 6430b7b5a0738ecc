package schema

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qabot/provisioner"
	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// A template that qabot keeps is a schema with nothing but marks in it. One of them names one of two other schemas: the copy of the live
// schema as it was when it was refreshed last. The next refresh fills the other of the two and changes the mark then, in one statement:
// what is half there is nobody's template, and who copies from the one before goes on.
const (
	markTemplate  = "template"        // app that the template is kept for; of its copies: the template
	markCurrent   = "current"         // schema with the data
	markRefreshed = "refreshed-at"    // moment that the data is of
	markSwitched  = "switched-at"     // moment from which on it was the template
	markLive      = "refreshed-from"  // schema that it was copied from
	markRules     = "refreshed-rules" // digest of the source and of the masks
	markTrouble   = "refresh-failed"  // see trouble

	// formerStays is how long the copy before the newest is kept for those who are copying from it.
	formerStays = time.Hour
	// troubleRests is between two tries of a refresh that fails.
	troubleRests = 15 * time.Minute
)

// Refresh says what a template is made from and when; zero: it is not qabot's to make.
type Refresh struct {
	From string // live schema on the same server
	When Daily
}

// trouble is why the last refresh failed, as the marks keep it.
type trouble struct {
	At    time.Time
	Since time.Time // of the first of those that followed one another
	Rules string
	Said  string
}

func troubleIn(marks map[string]string) (t trouble, ok bool) {
	return t, json.Unmarshal([]byte(marks[markTrouble]), &t) == nil
}

// rules is a digest of what a template is made from, and of how it is masked.
func (s Start) rules() string {
	text, err := json.Marshal([]any{s.Refresh.From, s.Masks})
	if err != nil {
		return "" // there is nothing in it that cannot be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// due tells whether a template with those marks is to be refreshed.
func (s Start) due(marks map[string]string, now time.Time) bool {
	if t, failed := troubleIn(marks); failed && t.Rules == s.rules() && now.Before(t.At.Add(troubleRests)) {
		return false
	}
	last, err := time.Parse(time.RFC3339, marks[markRefreshed])
	return err != nil || marks[markRules] != s.rules() || last.Before(s.Refresh.When.Last(now))
}

// copiesOf are the two schemas that a template's data lies in by turns.
func copiesOf(template string) [2]string { return [2]string{template + "_a", template + "_b"} }

// next is the one that is to be filled.
func next(template, current string) string {
	pair := copiesOf(template)
	if current == pair[0] {
		return pair[1]
	}
	return pair[0]
}

// Refresher keeps templates like the live schemas that they are made from. Of several replicas the one that claims a template makes it.
type Refresher struct {
	*Server
	Every time.Duration

	tried map[string]time.Time // when work began on templates that bear no marks of ours
}

// Run looks at them until the context ends.
func (r *Refresher) Run(ctx context.Context) error {
	return provisioner.Every(ctx, r.Every, r.o.Log, "look at templates", r.Once)
}

// Once starts the work on every template that is due, and drops copies that nobody copies from any more.
func (r *Refresher) Once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
	defer cancel()
	if r.tried == nil {
		r.tried = map[string]time.Time{}
	}
	var faults []error
	for _, app := range r.refreshed() {
		faults = append(faults, r.look(ctx, app, r.o.Starts[app]))
	}
	return errors.Join(faults...)
}

// look starts what one app's template needs.
func (r *Refresher) look(ctx context.Context, app string, start Start) error {
	now, template := r.o.Now(), start.template()
	marks, err := r.templateMarks(ctx, template)
	if err != nil {
		return err
	}
	if marks[markInstallation] != r.o.Installation || marks[markTemplate] != app {
		if now.Before(r.tried[template].Add(troubleRests)) {
			return nil
		}
		marks, r.tried[template] = nil, now
	}
	do := func(ctx context.Context, c *store.Claim) error { return r.work(ctx, c, app, template, start) }
	if !start.due(marks, now) {
		former, err := r.former(ctx, template, marks)
		if former == "" || err != nil {
			return err
		}
		do = func(ctx context.Context, c *store.Claim) error { return r.clearFormer(ctx, c, template) }
	}
	c, err := r.claimJob(ctx, template)
	if err != nil || c == nil {
		return err
	}
	r.start(c, func(ctx context.Context) error { return do(ctx, c) })
	return nil
}

// refreshed are the apps whose templates qabot makes, in order.
func (s *Server) refreshed() []string {
	var apps []string
	for app, start := range s.o.Starts {
		if start.Refresh.From != "" {
			apps = append(apps, app)
		}
	}
	slices.Sort(apps)
	return apps
}

// template is the schema that the app's data begins as a copy of; empty: none is.
func (s Start) template() string {
	if source, _ := store.SourceOf(s.From); source.Sort == store.FromTemplate {
		return source.Name
	}
	return ""
}

// makes tells whether some app's template of that name is made by this qabot.
func (s *Server) makes(template string) bool {
	return slices.ContainsFunc(s.refreshed(), func(app string) bool { return s.o.Starts[app].template() == template })
}

// templateMarks reads the marks of a template; none where it has none.
func (s *Server) templateMarks(ctx context.Context, template string) (map[string]string, error) {
	marks, err := s.readMarks(ctx, template, markInstallation, markTemplate, markCurrent, markRefreshed, markSwitched, markLive, markRules, markTrouble)
	if is(err, tableGone, unknownTable, unknownSchema, unknownColumn) || refused(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read marks of %s: %w", template, err)
	}
	// What others keep may be there and not for this account to see.
	if current := marks[markCurrent]; current != "" && marks[markInstallation] == s.o.Installation {
		there, err := column(ctx, s.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", current)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", current, err)
		}
		if len(there) == 0 { // somebody dropped it: the template is as if it had never been made
			delete(marks, markCurrent)
			delete(marks, markRefreshed)
		}
	}
	return marks, nil
}

// former is the copy before the newest, once it has been kept long enough.
func (r *Refresher) former(ctx context.Context, template string, marks map[string]string) (string, error) {
	at, err := time.Parse(time.RFC3339, marks[markSwitched])
	if err != nil || r.o.Now().Before(at.Add(formerStays)) {
		return "", nil
	}
	there, err := column(ctx, r.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", next(template, marks[markCurrent]))
	if err != nil || len(there) == 0 {
		return "", err
	}
	return there[0], nil
}

// clearFormer drops it, by what the marks say under the claim: another replica may have made it the newest since somebody looked.
func (r *Refresher) clearFormer(ctx context.Context, c *store.Claim, template string) error {
	marks, err := r.templateMarks(ctx, template)
	if err != nil {
		return err
	}
	former, err := r.former(ctx, template, marks)
	if former == "" || err != nil {
		return err
	}
	return r.clearOurs(ctx, c, former, markTemplate, template)
}

// work refreshes one template, and notes in its marks where that fails.
func (r *Refresher) work(ctx context.Context, c *store.Claim, app, template string, start Start) error {
	err := r.refresh(ctx, c, app, template, start)
	if err == nil || ctx.Err() != nil || errors.Is(err, store.ErrFenced) || errors.Is(err, errEnded) || away(err) {
		return err // it is begun anew
	}
	err = fmt.Errorf("refresh %s from %s: %w", template, start.Refresh.From, err)
	marks, bad := r.templateMarks(ctx, template)
	if bad != nil || marks[markInstallation] != r.o.Installation || marks[markTemplate] != app {
		return errors.Join(err, bad) // nothing is written into what is not ours
	}
	t, again := troubleIn(marks)
	if !again {
		t.Since = r.o.Now()
	}
	t.At, t.Rules, t.Said = r.o.Now(), start.rules(), err.Error()
	text, bad := json.Marshal(t)
	if bad == nil {
		bad = r.writeMarks(ctx, c, template, markTrouble, string(text))
	}
	return errors.Join(err, bad)
}

func (r *Refresher) refresh(ctx context.Context, c *store.Claim, app, template string, start Start) error {
	if err := r.own(ctx, c, app, template); err != nil {
		return err
	}
	marks, err := r.templateMarks(ctx, template)
	if err != nil || !start.due(marks, r.o.Now()) {
		return err // somebody has just done it
	}
	name := next(template, marks[markCurrent])
	if err := r.clear(ctx, c, template, name); err != nil {
		return err
	}
	token, err := r.makeFilling(ctx, c, name, markTemplate, template)
	if err != nil {
		return err
	}
	began := r.o.Now()
	work := clone.Copy{
		Source: start.Refresh.From, Target: name, Skip: []string{marksTable}, Masks: start.Masks, AtOnce: true, Check: c.Check, Enter: enter(name, token),
	}
	report, err := r.copyOurs(ctx, work)
	if err != nil {
		return err
	}
	if err := r.switchTo(ctx, c, template, name, token, began, start); err != nil {
		return err
	}
	r.o.Log.Info("template refreshed", "app", app, "template", template, "from", start.Refresh.From, "tables", report.Tables, "objects", report.Objects,
		"loaded", report.Loaded, "took", r.o.Now().Sub(began))
	if len(report.Changed) > 0 {
		r.o.Log.Warn("the server changed values as it took them", "template", template, "tables", strings.Join(report.Changed, ", "))
	}
	return r.filled(ctx, c, name, token)
}

// own sees to it that the template is there and qabot's: it bears this installation's marks for the app, or there is nothing in it.
func (r *Refresher) own(ctx context.Context, c *store.Claim, app, template string) error {
	if r.protected[strings.ToLower(template)] || !strings.HasPrefix(template, store.Prefix) {
		return store.NewProblem(errors.New("the name is protected"), store.Foreign, "schema", template)
	}
	there, err := column(ctx, r.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", template)
	if err != nil {
		return fmt.Errorf("look for %s: %w", template, err)
	}
	if len(there) == 0 {
		if err := r.do(ctx, c, "CREATE DATABASE "+quote(template)+" CHARACTER SET utf8mb4"); err != nil {
			return explain(err, "create database")
		}
	} else {
		marks, err := r.templateMarks(ctx, template)
		if err != nil {
			return err
		}
		if marks[markInstallation] == r.o.Installation && marks[markTemplate] == app {
			return nil
		}
		tables, err := column(ctx, r.db, "SELECT table_name FROM information_schema.tables WHERE table_schema = ? LIMIT 2", template)
		if err != nil {
			return fmt.Errorf("list tables of %s: %w", template, err)
		}
		if bare := len(marks) == 0 && len(tables) == 1 && tables[0] == marksTable; len(tables) > 0 && !bare {
			return foreign(template)
		}
	}
	return r.markAs(ctx, c, template, markInstallation, r.o.Installation, markTemplate, app)
}

// clear drops what lies where the next copy is to be made. Whoever was filling it is ended first: after that, it cannot become the newest
// any more, and it is looked again whether it has.
func (r *Refresher) clear(ctx context.Context, c *store.Claim, template, name string) error {
	marks, err := r.readMarks(ctx, name, markInstallation, markTemplate)
	if err == nil && marks[markInstallation] == r.o.Installation && marks[markTemplate] == template {
		if err := r.stopFilling(ctx, c, name); err != nil {
			return err
		}
		now, err := r.templateMarks(ctx, template)
		if err != nil {
			return err
		}
		if now[markCurrent] == name {
			return errEnded
		}
	}
	return r.clearOurs(ctx, c, name, markTemplate, template)
}

// switchTo makes a copy the newest, all at once, while it still is this job's.
func (r *Refresher) switchTo(ctx context.Context, c *store.Claim, template, name, token string, at time.Time, start Start) error {
	if err := c.Check(); err != nil {
		return err
	}
	pairs := []string{markCurrent, name, markRefreshed, at.UTC().Format(time.RFC3339), markSwitched, r.o.Now().UTC().Format(time.RFC3339), markLive, start.Refresh.From, markRules, start.rules(), markTrouble, ""}
	rows := strings.TrimSuffix(strings.Repeat("SELECT ? AS name, ? AS value UNION ALL ", len(pairs)/2), " UNION ALL ")
	done, err := r.db.ExecContext(ctx, "REPLACE INTO "+marksOf(template)+" (name, value) SELECT n.name, n.value FROM ("+rows+") n JOIN "+marksOf(name)+" f ON f.name = '"+markFilling+"' AND f.value LIKE '"+token+" %' LOCK IN SHARE MODE", anys(pairs)...)
	if err != nil {
		return fmt.Errorf("switch %s to %s: %w", template, name, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errEnded, err)
	}
	return nil
}

// Templates lists those that qabot makes, by app.
func (s *Server) Templates(ctx context.Context) ([]store.Template, error) {
	var all []store.Template
	for _, app := range s.refreshed() {
		start := s.o.Starts[app]
		t := store.Template{App: app, Name: start.template(), From: start.Refresh.From}
		marks, err := s.templateMarks(ctx, t.Name)
		if err != nil {
			return nil, reach(err)
		}
		if marks[markInstallation] == s.o.Installation && marks[markTemplate] == app {
			if at, err := time.Parse(time.RFC3339, marks[markRefreshed]); err == nil {
				t.At, t.From = at, marks[markLive]
			}
			if trouble, failed := troubleIn(marks); failed {
				t.Failing = trouble.Since
			}
		}
		all = append(all, t)
	}
	return all, nil
}
