package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"qabot/store"
)

// Codes of what two branches get in each other's way with. The comments name the arguments.
const (
	radarVersion = "radar.version" // branch, other branch, version, file there
	radarTable   = "radar.table"   // branch, other branch, table
)

// footprint is what one environment's branch does to the database beyond what the default branch has.
type footprint struct {
	env    store.Environment
	files  map[string]string // migrations that the default branch has not, with the hashes of their files
	tables map[string]bool   // that its migrations changed
}

var digits = regexp.MustCompile(`^[vV]?[0-9][0-9_.]*`)

// versionOf is what a framework tells a migration from others by: the folder, and the number that its name begins with. Empty where
// it has none.
func versionOf(file string) string {
	dir, name := path.Dir(file), path.Base(file)
	if name == "migration.sql" { // Prisma has a folder for each
		dir, name = path.Dir(dir), path.Base(dir)
	}
	number := strings.Trim(digits.FindString(name), "_.")
	if number == "" {
		return ""
	}
	return dir + "/" + number
}

// overlaps tells what b has of the same as a: another migration under the same version, or changes of the same table. A migration that
// both have, to the letter, is one branch built on the other.
func overlaps(a, b footprint) []store.Detail {
	there := map[string]string{}
	for file := range b.files {
		if v := versionOf(file); v != "" {
			there[v] = file
		}
	}
	var out []store.Detail
	shared := false
	for _, file := range slices.Sorted(maps.Keys(a.files)) {
		shared = shared || b.files[file] == a.files[file]
		other, same := there[versionOf(file)]
		if same && (other != file || b.files[other] != a.files[file]) {
			out = append(out, store.Say(radarVersion, a.env.Spec.Branch, b.env.Spec.Branch, path.Base(versionOf(file)), other))
		}
	}
	for _, table := range slices.Sorted(maps.Keys(a.tables)) {
		if b.tables[table] && !shared {
			out = append(out, store.Say(radarTable, a.env.Spec.Branch, b.env.Spec.Branch, table))
		}
	}
	return out
}

// changedTables are those that an environment's migrations changed, by its journal. What ran on empty data made all there is, and
// tells nothing.
func changedTables(events []store.Event) map[string]bool {
	tables := map[string]bool{}
	first := true
	for _, e := range events {
		switch e.Code {
		case store.EventRemoved, store.EventEmptied:
			tables, first = map[string]bool{}, true
		case store.EventMigrated:
			if !first || len(e.Ran) > 0 {
				for _, c := range e.Changes {
					if c.Table != "" {
						tables[c.Table] = true
					}
				}
			}
			first = false
		}
	}
	return tables
}

// radar tells branches of one app that change the database in each other's way, each pair once.
type radar struct {
	bot   *Bot
	trees map[string]map[string]string // by commit, of what was looked at last
}

// run looks every few comparisons of branches until ctx ends.
func (r *radar) run(ctx context.Context) error {
	tick := time.NewTicker(5 * r.bot.opt.Compare)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			r.bot.log.Warn("compare migrations of branches", "error", err)
		}
	}
}

// look looks once at all apps. Of several replicas one does it.
func (r *radar) look(ctx context.Context) (err error) {
	b := r.bot
	claim, err := b.store.ClaimName(ctx, "radar", b.worker)
	if err != nil || claim == nil {
		return err
	}
	defer b.release(ctx, claim, &err)
	all, err := b.store.List(ctx)
	if err != nil {
		return err
	}
	seen := map[string]map[string]string{}
	var faults []error
	for _, app := range b.apps() {
		live := slices.DeleteFunc(slices.Clone(all), func(e store.Environment) bool {
			return e.Spec.App != app.Name || unwanted(e, b.opt.Now()) || e.Facts["migration"].Passed == ""
		})
		if len(live) > 1 {
			faults = append(faults, r.app(ctx, app, live, seen))
		}
		if err := b.store.Renew(ctx, claim); err != nil {
			return errors.Join(append(faults, err)...)
		}
	}
	r.trees = seen
	return errors.Join(faults...)
}

// app compares the environments of one app with each other.
func (r *radar) app(ctx context.Context, app App, live []store.Environment, seen map[string]map[string]string) error {
	b := r.bot
	head, err := b.github.defaultHead(ctx, app.Repo)
	if err != nil {
		return err
	}
	base, err := r.tree(ctx, app.Repo, head, seen)
	if err != nil {
		return err
	}
	var prints []footprint
	for _, e := range live {
		tree, err := r.tree(ctx, app.Repo, e.Facts["migration"].Passed, seen)
		if err != nil {
			b.log.Info("compare migrations of branches", "env", e.ID, "error", err)
			continue // a commit that was forced away
		}
		events, err := b.store.Events(ctx, e.ID, journalRead)
		if err != nil {
			return err
		}
		p := footprint{env: e, files: map[string]string{}, tables: changedTables(events)}
		for file, hash := range tree {
			if migrates(file) && base[file] == "" {
				p.files[file] = hash
			}
		}
		prints = append(prints, p)
	}
	for i, p := range prints {
		for j, other := range prints {
			if i == j {
				continue
			}
			if err := r.tell(ctx, p.env, overlaps(p, other)); err != nil {
				return err
			}
		}
	}
	return nil
}

// tree gives the hashes of a commit's files, asked for once.
func (r *radar) tree(ctx context.Context, repo, commit string, seen map[string]map[string]string) (map[string]string, error) {
	if known, ok := r.trees[commit]; ok {
		seen[commit] = known
	}
	if seen[commit] == nil {
		files, err := r.bot.github.tree(ctx, repo, commit)
		if err != nil {
			return nil, err
		}
		seen[commit] = files
	}
	return seen[commit], nil
}

// tell tells an environment's thread what it was not told yet.
func (r *radar) tell(ctx context.Context, e store.Environment, found []store.Detail) error {
	b := r.bot
	var events []store.Event
	for _, d := range found {
		key := "radar/" + digest(append([]string{string(e.ID), d.Code}, d.Args...)...)
		told, err := b.store.Happened(ctx, key)
		if err != nil {
			return err
		}
		if len(told) == 0 {
			events = append(events, store.Event{Key: key, Code: store.EventRadar, At: b.opt.Now(), Detail: d})
		}
	}
	if len(events) == 0 {
		return nil
	}
	_, err := b.store.Want(ctx, e.ID, func(*store.Spec) ([]store.Event, error) { return events, nil })
	if err != nil {
		return fmt.Errorf("tell %s what others change: %w", e.ID, err)
	}
	b.Poke(e.ID)
	return nil
}

// defaultHead is the newest commit of a repository's default branch.
func (g *gitHub) defaultHead(ctx context.Context, repo string) (string, error) {
	owner, name, _ := strings.Cut(repo, "/")
	asked, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	r, _, err := g.client.Repositories.Get(asked, owner, name)
	if err != nil {
		return "", fmt.Errorf("ask for repository %s: %w", repo, err)
	}
	head, found, err := g.head(ctx, repo, r.GetDefaultBranch())
	if err == nil && !found {
		err = fmt.Errorf("ask for the default branch of %s: there is none", repo)
	}
	return head, err
}

// known is a code that there are words for; empty for any other.
func (t texts) known(code string) string {
	if _, ok := t.phrases[code]; !ok {
		return ""
	}
	return code
}
