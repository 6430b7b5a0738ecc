package schema

import (
	"context"
	"fmt"
	"strings"
)

// migration is one migration that a framework's own ledger says has run, or the mark of its file.
type migration struct {
	Name string `json:"n"`
	Sum  string `json:"s,omitempty"` // checksum of its file, where the ledger keeps one
}

// framework is a table in which a framework keeps which migrations have run.
type framework struct {
	table string
	needs []string // columns by which it is told from others of that name
	query string   // name and checksum, in the order in which they ran; the table's name goes where %s is
}

// frameworks are tried in this order; the first one that is there counts. Of tables with one name those with more columns go first.
var frameworks = []framework{
	{"_prisma_migrations", []string{"migration_name", "checksum", "finished_at", "rolled_back_at"},
		"SELECT migration_name, checksum FROM %s WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY finished_at, migration_name"},
	{"flyway_schema_history", []string{"installed_rank", "script", "checksum", "success"},
		"SELECT script, COALESCE(checksum, '') FROM %s WHERE success = 1 AND type <> 'SCHEMA' ORDER BY installed_rank"},
	{"django_migrations", []string{"id", "app", "name"}, "SELECT CONCAT(app, '.', name), '' FROM %s ORDER BY id"},
	{"knex_migrations", []string{"id", "name", "batch"}, "SELECT name, '' FROM %s ORDER BY id"},
	{"migrations", []string{"id", "migration", "batch"}, "SELECT migration, '' FROM %s ORDER BY id"}, // Laravel
	{"migrations", []string{"id", "timestamp", "name"}, "SELECT name, '' FROM %s ORDER BY id"},       // TypeORM
	{"goose_db_version", []string{"id", "version_id", "is_applied"}, "SELECT version_id, '' FROM %s WHERE is_applied = 1 AND version_id > 0 ORDER BY id"},
	{"SequelizeMeta", []string{"name"}, "SELECT name, '' FROM %s ORDER BY name"},
	{"doctrine_migration_versions", []string{"version", "executed_at"}, "SELECT version, '' FROM %s ORDER BY executed_at, version"},
	{"alembic_version", []string{"version_num"}, "SELECT version_num, '' FROM %s ORDER BY version_num"},
	{"schema_migrations", []string{"version"}, "SELECT version, '' FROM %s ORDER BY version"}, // Rails and others
}

// applied gives the migrations that the framework's own ledger says have run; none where there is no ledger that is known. To
// read it is a courtesy: what goes wrong is left out.
func (s *Server) applied(ctx context.Context, schema string) ([]migration, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ?", schema)
	if err != nil {
		return nil, fmt.Errorf("look for ledgers of migrations: %w", err)
	}
	has := map[string]bool{}
	for rows.Next() {
		row, err := texts(rows, 2)
		if err != nil {
			rows.Close()
			return nil, err
		}
		has[row[0]+"."+row[1]] = true
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	for _, f := range frameworks {
		if !f.in(has) {
			continue
		}
		ran, err := s.migrations(ctx, fmt.Sprintf(f.query, quote(schema)+"."+quote(f.table)))
		if is(err, tableGone, unknownColumn, unspecified, syntax) {
			s.o.Log.Debug("read a ledger of migrations", "schema", schema, "table", f.table, "error", err)
			return nil, nil
		}
		return ran, err
	}
	return nil, nil
}

func (f framework) in(has map[string]bool) bool {
	for _, c := range f.needs {
		if !has[f.table+"."+c] {
			return false
		}
	}
	return true
}

func (s *Server) migrations(ctx context.Context, query string) ([]migration, error) {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []migration
	for rows.Next() {
		row, err := texts(rows, 2)
		if err != nil {
			return nil, err
		}
		all = append(all, migration{Name: row[0], Sum: row[1]})
	}
	return all, rows.Err()
}

// newly gives the names of migrations that are in after and not in before, in their order.
func newly(before, after []migration) []string {
	had := map[string]bool{}
	for _, m := range before {
		had[m.Name] = true
	}
	var names []string
	for _, m := range after {
		if !had[m.Name] {
			names = append(names, strings.ToValidUTF8(m.Name, "?"))
		}
	}
	return names
}
