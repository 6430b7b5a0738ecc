package schema

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// personal is what columns are called that tell of people, as a part of their names between underscores, or at the end of one.
var personal = regexp.MustCompile(`(?i)(?:^|_)(?:e?mails?|phones?|phone_number|tel|fax|mobile|first_?name|last_?name|full_?name|given_?name|family_?name|real_?name|nick_?name|kana|name_kana|` +
	`address\d?|street|zip|zip_?code|postal_?code|birth(?:day|date)?|birth_?day|date_?of_?birth|dob|gender|ssn|my_?number|passport|iban|card_?number|account_?number|` +
	`passwords?|password_digest|encrypted_password|secret|tokens?|api_?key|otp|ip|ip_?address|latitude|longitude|lat|lng)$`)

// exposed lists the template's columns that look personal and that no rule speaks of.
func (s *Server) exposed(ctx context.Context, template string, masks []clone.Mask) ([]string, error) {
	names, err := column(ctx, s.db, `SELECT CONCAT(c.table_name, '.', c.column_name) FROM information_schema.columns c JOIN information_schema.tables t
		ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type <> 'VIEW' WHERE c.table_schema = ? ORDER BY c.table_name, c.ordinal_position`, template)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		table, column, _ := strings.Cut(name, ".")
		return !personal.MatchString(column) || slices.ContainsFunc(masks, func(m clone.Mask) bool { return m.Table == table && strings.EqualFold(m.Column, column) })
	}), nil
}

const examplesOf = 20

// examineStarts looks at the templates that data is copied from: whether they are there, and what in them looks personal.
func (s *Server) examineStarts(ctx context.Context) []store.Finding {
	var all []store.Finding
	apps := make([]string, 0, len(s.o.Starts))
	for app := range s.o.Starts {
		apps = append(apps, app)
	}
	slices.Sort(apps)
	for _, app := range apps {
		source, _ := store.SourceOf(s.o.Starts[app].From)
		if source.Sort != store.FromTemplate {
			continue
		}
		all = append(all, s.examineTemplate(ctx, app, source))
		if s.o.Starts[app].Refresh.From != "" {
			all = append(all, s.examineRefresh(ctx, app, s.o.Starts[app]))
		}
	}
	return all
}

func (s *Server) examineTemplate(ctx context.Context, app string, source store.Source) store.Finding {
	f := store.Finding{Verdict: store.Bad, What: "data of " + app}
	o := &origin{Source: source, schema: source.Name}
	err := s.examine(ctx, o)
	var problem *store.Problem
	switch {
	case errors.As(err, &problem) && problem.Code == store.SchemaMaking && s.o.Starts[app].Refresh.From != "":
		o.schema = s.o.Starts[app].Refresh.From // what looks personal there, will
	case errors.As(err, &problem):
		f.Said, f.Fix = "there is no template "+source.Name, "apps[].database.from, or GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON "+quote(pattern(source.Name))+".* to qabot's account"
		return f
	case err != nil:
		f.Said = err.Error()
		return f
	}
	names, err := s.exposed(ctx, o.schema, s.o.Starts[app].Masks)
	switch {
	case err != nil:
		f.Said = err.Error()
	case len(names) == 0:
		f.Verdict, f.Said = store.Good, fmt.Sprintf("begins as a copy of %s; no column without a rule looks personal", source.Name)
	default:
		more := ""
		if len(names) > examplesOf {
			more = fmt.Sprintf(" and %d more", len(names)-examplesOf)
			names = names[:examplesOf]
		}
		f.Said = "these columns of " + source.Name + " look personal, and no rule speaks of them: " + strings.Join(names, ", ") + more
		f.Fix = "apps[].database.mask: [{column: " + names[0] + ", as: hash}], or as: keep where it may be seen"
	}
	return f
}
