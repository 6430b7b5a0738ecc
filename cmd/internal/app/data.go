package app

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"qabot/provisioner/compute"
	"qabot/provisioner/schema"
	"qabot/provisioner/schema/clone"
	"qabot/store"
)

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (d Database) checkBucket(f *checker) {
	switch p := d.SavePrefix; {
	case d.SaveBucket == "":
	case !bucketName.MatchString(d.SaveBucket):
		f.add("database.save_bucket", fmt.Sprintf("%q is no name of a bucket", d.SaveBucket))
	case p == "" || path.Clean(p) != p || strings.HasPrefix(p, "/") || strings.ContainsAny(p, "*?$"):
		f.add("database.save_prefix", "must be a path, with no slash around it and without * ? $")
	}
}

func (d *AppDatabase) check(at string, f *checker) {
	if from, ok := store.SourceOf(d.From); !ok || from.Sort == store.FromSave {
		f.add(at+".from", fmt.Sprintf("%q must be empty, template <schema>, or environment <branch>", d.From))
	}
	if from, _ := store.SourceOf(d.From); d.Warm < 0 || d.Warm > 20 || d.Warm > 0 && from.Sort != store.FromTemplate {
		f.add(at+".warm", "must be from 0 to 20, and goes with from: template <schema> only")
	}
	d.Refresh.when(at+".refresh", f)
	d.checkRefresh(at, f)
	seen := map[string]bool{}
	for i, m := range d.Mask {
		rule := fmt.Sprintf("%s.mask[%d]", at, i)
		table, column, ok := strings.Cut(m.Column, ".")
		switch {
		case !ok || table == "" || column == "" || strings.Contains(column, "."):
			f.add(rule+".column", fmt.Sprintf("%q must be table.column", m.Column))
		case seen[m.Column]:
			f.add(rule+".column", fmt.Sprintf("%q is there twice", m.Column))
		}
		seen[m.Column] = true
		if !slices.Contains(clone.Masks(), m.As) {
			f.add(rule+".as", fmt.Sprintf("%q must be one of %s", m.As, strings.Join(clone.Masks(), ", ")))
		}
		if m.Value != "" && m.As != clone.MaskFixed {
			f.add(rule+".value", "goes with as: fixed only")
		}
	}
}

// kept is what a template that qabot makes may be called: its grants reach that, and none of its other schemas is called so.
var kept = regexp.MustCompile(`^` + store.Prefix + `[a-z0-9][a-z0-9_]*$`)

// longestKept leaves room for the endings of the schemas that the template's data lies in.
const longestKept = 60

func (d *AppDatabase) checkRefresh(at string, f *checker) {
	from, _ := store.SourceOf(d.From)
	switch {
	case d.Refresh.From == "":
	case from.Sort != store.FromTemplate:
		f.add(at+".refresh", "goes with from: template <schema> only, which is what it makes")
	case from.Name == d.Refresh.From:
		f.add(at+".refresh.from", "must be another schema than the template")
	case !kept.MatchString(from.Name) || len(from.Name) > longestKept:
		f.add(at+".from", fmt.Sprintf("%q must begin with %s, as all that qabot makes, and have a-z, 0-9 and _ only; try template %stemplate_shop", from.Name, store.Prefix, store.Prefix))
	}
}

// when reads the times of the refresh; every fault is added to f.
func (r Refresh) when(at string, f *checker) (d schema.Daily) {
	if r.From == "" {
		return d
	}
	d.At, d.Days = clockTime(at+".at", r.At, f), weekdays(at+".days", r.Days, f)
	d.Zone = timeZone(at+".zone", r.Zone, f)
	return d
}

// checkTemplates looks for templates that several apps would make, and for those that may not be touched.
func (c *Config) checkTemplates(f *checker) {
	made := map[string]string{}
	for i, a := range c.Apps {
		from, _ := store.SourceOf(a.Database.From)
		if a.Database.Refresh.From == "" || from.Sort != store.FromTemplate {
			continue
		}
		at := fmt.Sprintf("apps[%d].database", i)
		name := from.Name
		switch other := made[name]; {
		case other != "":
			f.add(at+".refresh", fmt.Sprintf("%s is made for %s already; without refresh it is used all the same", name, other))
		case slices.ContainsFunc(c.Database.Protected, func(p string) bool { return strings.EqualFold(p, name) }):
			f.add(at+".from", name+" is one of database.protected: qabot makes a template that nobody else needs")
		}
		made[name] = a.Name
	}
}

// starts are how the data of each app begins.
func (c *Config) starts() map[string]schema.Start {
	all := map[string]schema.Start{}
	for _, a := range c.Apps {
		start := schema.Start{From: a.Database.From, Warm: a.Database.Warm}
		start.Refresh = schema.Refresh{From: a.Database.Refresh.From, When: a.Database.Refresh.when("", &checker{})}
		for _, m := range a.Database.Mask {
			table, column, _ := strings.Cut(m.Column, ".")
			start.Masks = append(start.Masks, clone.Mask{Table: table, Column: column, As: m.As, Value: m.Value})
		}
		all[a.Name] = start
	}
	return all
}

// saver makes and drops save points.
func (p *program) saver() *schema.Saver {
	s := &schema.Saver{
		Server: p.schema, Store: p.store, Quota: int64(p.Config.Database.SaveQuota) << 30, Every: min(time.Second, p.Config.Pace.Look), Told: p.bot.Poke,
	}
	if p.keyspace != nil {
		s.Corner = p.keyspace
	}
	return s
}

// depot is where save points lie as files; nil: they are schemas.
func (p *program) depot() schema.Depot {
	d := p.Config.Database
	if d.SaveBucket == "" {
		return nil
	}
	return compute.NewDepot(p.clients, d.SaveBucket, d.SavePrefix, p.Config.Installation)
}

// warmer keeps copies of templates ready.
func (p *program) warmer() *schema.Warmer {
	return &schema.Warmer{Server: p.schema, Every: min(10*time.Second, p.Config.Pace.Sweep)}
}

// refresher makes templates from live schemas.
func (p *program) refresher() *schema.Refresher {
	return &schema.Refresher{Server: p.schema, Every: min(10*time.Second, p.Config.Pace.Sweep)}
}

// cleaner drops data that was replaced.
func (p *program) cleaner() *schema.Cleaner {
	return &schema.Cleaner{Server: p.schema, Every: min(10*time.Second, p.Config.Pace.Sweep)}
}
