package schema

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"qabot/store"
)

// examineRefresh looks at a template that qabot makes: of when it is, and whether the next refresh can be made.
func (s *Server) examineRefresh(ctx context.Context, app string, start Start) store.Finding {
	f := store.Finding{Verdict: store.Bad, What: "template of " + app}
	template, live := start.template(), start.Refresh.From
	marks, err := s.templateMarks(ctx, template)
	if err != nil {
		f.Said = err.Error()
		return f
	}
	tables, err := column(ctx, s.db, "SELECT table_name FROM information_schema.tables WHERE table_schema = ? LIMIT 1", template)
	if err != nil {
		f.Said = err.Error()
		return f
	}
	if len(tables) > 0 && (marks[markInstallation] != s.o.Installation || marks[markTemplate] != app) {
		f.Said, f.Fix = template+" is there, and not of qabot's making: it is left alone", "apps[].database.from: template with a name that nothing has, such as qa_template_"+app
		return f
	}
	if f.Said, f.Fix = s.cannotRefresh(ctx, live); f.Said != "" {
		return f
	}
	said := template + " is made from " + live + "; the first time as soon as qabot serves"
	if at, err := time.Parse(time.RFC3339, marks[markRefreshed]); err == nil {
		said = fmt.Sprintf("%s is %s of %s, %s old, and lies in %s", template, marks[markLive], at.Format("2006-01-02 15:04 MST"), s.o.Now().Sub(at).Round(time.Minute), marks[markCurrent])
	}
	if t, failed := troubleIn(marks); failed {
		f.Said, f.Fix = said+"; the last refresh failed at "+t.At.UTC().Format("2006-01-02 15:04 MST")+": "+t.Said, "what it names; it is tried again every "+troubleRests.String()
		return f
	}
	f.Verdict, f.Said = store.Good, said
	if local, err := column(ctx, s.db, "SELECT @@GLOBAL.local_infile"); err == nil && !on(local[0]) {
		f.Said += "; rows go through INSERT, and LOAD DATA would be faster: local_infile = 1 in the parameter group"
	}
	return f
}

// cannotRefresh tells what keeps a live schema from being copied as of one moment, and what cures it; nothing where nothing does.
func (s *Server) cannotRefresh(ctx context.Context, live string) (said, fix string) {
	grant := "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON " + quote(pattern(live)) + ".* to qabot's account"
	engines, err := column(ctx, s.db, "SELECT CONCAT(table_name, ' (', engine, ')') FROM information_schema.tables WHERE table_schema = ? AND table_type <> 'VIEW' AND table_name <> ? AND engine <> 'InnoDB' LIMIT 5", live, marksTable)
	if err != nil {
		return err.Error(), ""
	}
	there, err := column(ctx, s.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", live)
	switch {
	case err != nil:
		return err.Error(), ""
	case len(there) == 0:
		return "there is no schema " + live + ", or it is not for qabot's account to see", "apps[].database.refresh.from, or " + grant
	case len(engines) > 0:
		return "these tables of " + live + " know no snapshots: " + strings.Join(engines, ", "), "ALTER TABLE ... ENGINE=InnoDB"
	}
	if err := s.snapshots(ctx); err != nil {
		return "this server takes no consistent snapshot, so a live schema cannot be copied: " + err.Error(), "a MySQL or MariaDB server with InnoDB; or a template that somebody else makes, without refresh"
	}
	lines, err := column(ctx, s.db, "SHOW GRANTS")
	if err != nil {
		return err.Error(), ""
	}
	if !mayRead(lines, live) {
		return "the account may not read the tables of " + live, grant
	}
	return "", ""
}

// snapshots takes one, and lets go of it.
func (s *Server) snapshots(ctx context.Context) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "ROLLBACK")
	return err
}

// mayRead tells from the lines of SHOW GRANTS whether the account may read all of a schema.
func mayRead(lines []string, schema string) bool {
	for _, line := range lines {
		m := grantLine.FindStringSubmatch(line)
		if m == nil || !reaches(m[2], schema) {
			continue
		}
		privileges := strings.Split(strings.ToUpper(m[1]), ", ")
		for _, p := range privileges {
			if p == "SELECT" || strings.HasPrefix(p, "ALL PRIVILEGES") {
				return true
			}
		}
	}
	return false
}

// reaches tells whether what a grant is on, such as `shop\_%`.*, has the schema in it.
func reaches(on, schema string) bool {
	on, whole := strings.CutSuffix(on, ".*")
	if on == "*" && whole {
		return true
	}
	var b strings.Builder
	b.WriteString("^")
	name := strings.ReplaceAll(strings.Trim(on, "`"), "``", "`")
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '\\' && i+1 < len(name):
			i++
			b.WriteString(regexp.QuoteMeta(name[i : i+1]))
		case c == '%':
			b.WriteString(".*")
		case c == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(name[i : i+1]))
		}
	}
	matches, err := regexp.MatchString(b.String()+"$", schema)
	return whole && err == nil && matches
}
