package schema

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"qabot/store"
)

// Traces lists the schemas that bear this installation's marks, and those and the accounts that have names like ours and bear
// no marks. What bears another installation's marks, and what is protected, is not listed. apps are those of the
// configuration. It changes nothing.
func (s *Server) Traces(ctx context.Context, apps []string) ([]store.Trace, error) {
	like := pattern(store.Prefix) + "%"
	names, err := column(ctx, s.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE ? ORDER BY schema_name", like)
	if err != nil {
		return nil, reach(fmt.Errorf("list schemas: %w", err))
	}
	marked, err := column(ctx, s.db, "SELECT table_schema FROM information_schema.tables WHERE table_name = ? AND table_schema LIKE ?", marksTable, like)
	if err != nil {
		return nil, reach(fmt.Errorf("list schemas with marks: %w", err))
	}
	var traces []store.Trace
	others := map[string]bool{} // accounts of another installation
	for _, name := range names {
		if s.protected[strings.ToLower(name)] {
			continue
		}
		t := store.Trace{Environment: idIn(name, apps), What: store.Say(store.ThingSchema, name), Doubt: store.DoubtUnmarked}
		if slices.Contains(marked, name) {
			marks, err := s.readMarks(ctx, name, markInstallation, markEnvironment)
			switch {
			case is(err, tableGone, unknownSchema):
				continue // dropped while we looked
			case is(err, unknownColumn, unspecified), refused(err): // a table like ours, or not for us to read: no mark of ours
			case err != nil:
				return nil, reach(fmt.Errorf("read marks of %s: %w", name, err))
			case says(marks[markInstallation], s.o.Installation):
				others[Account(store.ID(marks[markEnvironment]))] = true
				continue
			case marks[markInstallation] == s.o.Installation && marks[markEnvironment] == "":
				continue // ours, and of no environment
			case marks[markInstallation] == s.o.Installation:
				t.Environment, t.App, t.Doubt = fits(name, marks[markEnvironment], apps)
			}
		}
		traces = append(traces, t)
	}
	accounts, err := column(ctx, s.db, "SELECT user FROM mysql.user WHERE host = '%' AND user LIKE ? ORDER BY user", like)
	if err != nil && !refused(err) {
		return nil, reach(fmt.Errorf("list accounts: %w", err))
	}
	for _, account := range accounts {
		id := store.ID(strings.ReplaceAll(strings.TrimPrefix(account, store.Prefix), "_", "-"))
		if store.IsID(string(id)) && Account(id) == account && account != s.config.User && !others[account] {
			traces = append(traces, store.Trace{Environment: id, What: store.Say(store.ThingAccount, account), Doubt: store.DoubtUnmarked})
		}
	}
	return traces, nil
}

// fits tells whether a schema's name is the one that belongs to the environment of its marks: a copy under another name bears
// the same marks, and is not ours.
func fits(name, environment string, apps []string) (id store.ID, app, doubt string) {
	id = store.ID(environment)
	if !store.IsID(environment) {
		return id, "", store.DoubtName
	}
	for _, app := range apps {
		if name == Name(app, id) || name == nextName(app, id) || name == pastName(app, id) {
			return id, app, ""
		}
	}
	if strings.HasSuffix(name, "_"+id.Underscored()) {
		return id, "", store.DoubtApp
	}
	return id, "", store.DoubtName
}

// idIn is the ID that a schema's name has in it, if it is like one of ours; else the name itself.
func idIn(name string, apps []string) store.ID {
	for _, app := range apps {
		begins := store.Prefix + strings.ReplaceAll(store.Slug(app, longest), "-", "_") + "_"
		id := strings.ReplaceAll(strings.TrimPrefix(name, begins), "_", "-")
		if strings.HasPrefix(name, begins) && store.IsID(id) {
			return store.ID(id)
		}
	}
	return store.ID(name)
}
