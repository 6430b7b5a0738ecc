package schema

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"qabot/store"
)

// sight is what the server says of one environment.
type sight struct {
	name   string
	there  bool
	tables int               // tables and views in it, without the marker table
	marks  map[string]string // nil: it has none
	sealed bool              // it has a marker table that is not like ours, or not for us to read

	next, past *sight // the schemas beside it: of the data that it is to get, and of that which it had
}

// look asks for many environments at once: two queries, and one for each schema that has marks.
func (s *Server) look(ctx context.Context, app string, envs []store.Environment) ([]sight, error) {
	if len(envs) == 0 {
		return nil, nil
	}
	sights := make([]sight, len(envs))
	var names []string
	at := map[string]*sight{}
	whose := map[string]store.Environment{}
	for i, env := range envs {
		v := &sights[i]
		v.name = Name(app, env.ID)
		v.next, v.past = &sight{name: nextName(app, env.ID)}, &sight{name: pastName(app, env.ID)}
		for _, one := range []*sight{v, v.next, v.past} {
			names = append(names, one.name)
			at[one.name], whose[one.name] = one, env
		}
	}
	there, err := column(ctx, s.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name IN "+listOf(names), anys(names)...)
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	names = names[:0]
	for _, name := range there {
		if v := at[name]; v != nil {
			v.there = true
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return sights, nil
	}
	marked, err := s.countTables(ctx, at, listOf(names), names)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	for name := range marked {
		if v := at[name]; v != nil {
			if err := s.lookAtMarks(ctx, v, whose[name]); err != nil {
				return nil, fmt.Errorf("read marks of %s: %w", name, err)
			}
		}
	}
	return sights, nil
}

// listOf is as many placeholders as there are names.
func listOf(names []string) string { return "(?" + strings.Repeat(",?", len(names)-1) + ")" }

// countTables counts the tables of each schema and tells which of them have marks.
func (s *Server) countTables(ctx context.Context, at map[string]*sight, list string, names []string) (map[string]bool, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN "+list, anys(names)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	marked := map[string]bool{}
	for rows.Next() {
		var schema, table string
		if err := rows.Scan(&schema, &table); err != nil {
			return nil, err
		}
		if table == marksTable {
			marked[schema] = true
		} else if v := at[schema]; v != nil {
			v.tables++
		}
	}
	return marked, rows.Err()
}

func (s *Server) lookAtMarks(ctx context.Context, v *sight, env store.Environment) error {
	marks, err := s.readMarks(ctx, v.name, markInstallation, markEnvironment, markEpoch, markLeaving, markMigrated(env.Spec.Commit),
		markFilling, markProgress, markFailed, markPast)
	switch {
	case err == nil:
		v.marks = marks
	case is(err, tableGone, unknownSchema): // dropped while we looked
	case is(err, unknownColumn, unspecified), refused(err):
		v.sealed = true
	default:
		return err
	}
	return nil
}

// owner tells whose a schema is.
type owner int

const (
	nobody     owner = iota // there is none
	ours                    // it bears our marks
	unfinished              // empty, and we noted that we were about to make it
	unmarked                // we finished it once; now there are tables in it and no marks
	stranger
)

// whose judges by the marks first, and where there are none, by what was noted.
func (s *Server) whose(env store.Environment, v sight) owner {
	note := env.Facts[Kind]
	switch {
	case !v.there:
		return nobody
	case v.sealed:
		return stranger
	case v.marks[markInstallation] == s.o.Installation && v.marks[markEnvironment] == string(env.ID):
		return ours
	case says(v.marks[markInstallation], s.o.Installation), says(v.marks[markEnvironment], string(env.ID)):
		return stranger
	case note.Ref != v.name:
		return stranger
	case v.tables == 0:
		return unfinished
	case note.Outcome == store.Succeeded:
		return unmarked
	}
	return stranger
}

// says tells whether a mark is there and speaks of somebody else.
func says(mark, we string) bool { return mark != "" && mark != we }

// fresh tells whether the schema holds the data that is wanted, all of it.
func (v sight) fresh(env store.Environment) bool { return v.meant(env) && v.marks[markFilling] == "" }

// of tells whether a schema beside an environment's own bears the environment's marks.
func (s *Server) of(env store.Environment, v *sight) bool {
	return v.marks[markInstallation] == s.o.Installation && v.marks[markEnvironment] == string(env.ID)
}

// meant tells whether it holds the data that is wanted, or is about to.
func (v sight) meant(env store.Environment) bool {
	return v.marks[markLeaving] == "" && v.marks[markEpoch] == strconv.FormatInt(env.Spec.Data.Epoch, 10)
}

// accounts tells which accounts are there. Where qabot may not read mysql.user, known is false.
func (s *Server) accounts(ctx context.Context, envs []store.Environment) (there map[string]bool, known bool, err error) {
	names := make([]string, len(envs))
	for i, env := range envs {
		names[i] = Account(env.ID)
	}
	list, err := column(ctx, s.db, "SELECT user FROM mysql.user WHERE host = '%' AND user IN (?"+strings.Repeat(",?", len(names)-1)+")", anys(names)...)
	if refused(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("list accounts: %w", err)
	}
	there = map[string]bool{}
	for _, name := range list {
		there[name] = true
	}
	return there, true, nil
}
