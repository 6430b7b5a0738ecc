package schema

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"qabot/store"
)

// Examine looks whether the server is fit for environments, and changes nothing. What it says is for who set qabot up.
func (s *Server) Examine(ctx context.Context) []store.Finding {
	if err := s.Ping(ctx); err != nil {
		return []store.Finding{{Verdict: store.Bad, What: "answers", Said: err.Error(), Fix: "QABOT_MYSQL_DSN, and the security group of the server"}}
	}
	variables, err := s.variables(ctx)
	if err != nil {
		return []store.Finding{{Verdict: store.Bad, What: "answers", Said: err.Error()}}
	}
	account, err := column(ctx, s.db, "SELECT CURRENT_USER()")
	if err != nil || len(account) != 1 {
		return []store.Finding{{Verdict: store.Bad, What: "account", Said: fmt.Sprint(err)}}
	}
	return append([]store.Finding{
		{Verdict: store.Good, What: "answers", Said: variables["version"] + ", as " + account[0]},
		s.examineGrants(ctx, account[0]),
		examineWildcards(variables),
		examineTriggers(variables),
		s.examineConnections(variables),
		s.examineAccounts(),
		s.examineSight(ctx),
		s.examineSwaps(ctx),
		s.examineNamesakes(ctx),
	}, s.examineStarts(ctx)...)
}

// variables are those that decide what environments may do.
func (s *Server) variables(ctx context.Context) (map[string]string, error) {
	rows, err := s.db.QueryContext(ctx, `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'max_connections', 'partial_revokes',
		'log_bin', 'log_bin_trust_function_creators')`)
	if err != nil {
		return nil, fmt.Errorf("read the server's variables: %w", err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, fmt.Errorf("read the server's variables: %w", err)
		}
		found[name] = value
	}
	return found, rows.Err()
}

// own is what every schema of ours is called, as GRANT writes it: the underscore alone would match any character.
const own = "`qa\\_%`.*"

// rights tells from the lines of SHOW GRANTS what an account may do.
type rights struct{ makesAccounts, hasOwn, handsOn, hasAll bool }

var grantLine = regexp.MustCompile(`(?i)^GRANT (.+?) ON (\S+) TO `)

func rightsOf(lines []string) (r rights) {
	for _, line := range lines {
		m := grantLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		privileges := strings.ToUpper(m[1])
		all := strings.HasPrefix(privileges, "ALL PRIVILEGES")
		handsOn := strings.Contains(strings.ToUpper(line), "WITH GRANT OPTION")
		everywhere := m[2] == "*.*"
		if everywhere && (all || slices.Contains(strings.Split(privileges, ", "), "CREATE USER")) {
			r.makesAccounts = true
		}
		if everywhere && all {
			r.hasAll = true
		}
		// A server without wildcards has a right on everything or on names without escapes.
		if all && (everywhere || m[2] == own || m[2] == "`qa_%`.*") {
			r.hasOwn = true
			r.handsOn = r.handsOn || handsOn
		}
		// Accounts of managed servers list their rights one by one.
		if everywhere && !all && handsOn && strings.Contains(privileges, "CREATE, DROP") {
			r.hasOwn, r.handsOn = true, true
		}
	}
	return r
}

func (s *Server) examineGrants(ctx context.Context, account string) store.Finding {
	f := store.Finding{Verdict: store.Bad, What: "rights of the account"}
	lines, err := column(ctx, s.db, "SHOW GRANTS")
	if err != nil {
		f.Said = err.Error()
		return f
	}
	name, host, _ := strings.Cut(account, "@")
	to := fmt.Sprintf("'%s'@'%s'", name, host)
	r := rightsOf(lines)
	var lacks, fix []string
	if !r.makesAccounts {
		lacks, fix = append(lacks, "cannot make accounts"), append(fix, "GRANT CREATE USER ON *.* TO "+to+";")
	}
	if !r.hasOwn || !r.handsOn {
		lacks, fix = append(lacks, "cannot make schemas and hand them on"), append(fix, "GRANT ALL PRIVILEGES ON "+own+" TO "+to+" WITH GRANT OPTION;")
	}
	switch {
	case len(lacks) > 0:
		f.Said, f.Fix = strings.Join(lacks, ", "), strings.Join(fix, " ")
	case r.hasAll:
		f.Verdict, f.Said = store.Good, "all rights on the server; CREATE USER and ALL ON "+own+" WITH GRANT OPTION would do"
	default:
		f.Verdict, f.Said = store.Good, "makes accounts, and schemas of its own"
	}
	return f
}

func examineWildcards(variables map[string]string) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "partial_revokes", Said: "off"}
	if on(variables["partial_revokes"]) {
		f.Verdict, f.Said = store.Bad, "on: rights on "+own+" then mean one schema of that very name"
		f.Fix = "SET PERSIST partial_revokes = OFF; or, in the parameter group, partial_revokes = 0"
	}
	return f
}

func examineTriggers(variables map[string]string) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "triggers and functions", Said: "environments may make them"}
	if on(variables["log_bin"]) && !on(variables["log_bin_trust_function_creators"]) {
		f.Verdict = store.Bad
		f.Said = "a migration that makes a trigger or a function will fail with error 1419"
		f.Fix = "SET GLOBAL log_bin_trust_function_creators = 1; or, in the parameter group, log_bin_trust_function_creators = 1"
	}
	return f
}

// examineNamesakes lists what bears our prefix and not our mark: it is left alone, and somebody should know.
func (s *Server) examineNamesakes(ctx context.Context) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "other people's schemas", Said: "none is called like ours"}
	names, err := column(ctx, s.db, `SELECT schema_name FROM information_schema.schemata s WHERE schema_name LIKE 'qa\_%' AND NOT EXISTS (
		SELECT 1 FROM information_schema.tables t WHERE t.table_schema=s.schema_name AND t.table_name=?) ORDER BY schema_name LIMIT 20`, marksTable)
	switch {
	case err != nil:
		f.Verdict, f.Said = store.Skipped, err.Error()
	case len(names) > 0:
		f.Said = strings.Join(names, ", ") + ": called like ours, and not ours; never touched"
	}
	return f
}

func on(value string) bool { return value == "1" || strings.EqualFold(value, "ON") }
