package schema

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"qabot/store"
)

func (s *Server) examineConnections(variables map[string]string) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "connections"}
	limit, err := strconv.Atoi(variables["max_connections"])
	if err != nil {
		f.Verdict, f.Said = store.Skipped, "the server does not say how many it takes"
		return f
	}
	room := limit - s.o.Reserve.of(limit)
	f.Said = fmt.Sprintf("the server takes %d; %d stay for staging, %d are for environments", limit, limit-room, max(room, 0))
	switch {
	case room <= 0:
		f.Verdict, f.Fix = store.Bad, "database.reserve: less than "+strconv.Itoa(limit)
	case s.o.MaxConnections > room:
		f.Verdict, f.Said = store.Bad, fmt.Sprintf("%s, and one environment may have %d", f.Said, s.o.MaxConnections)
		f.Fix = "database.connections: a number far below " + strconv.Itoa(room)
	}
	return f
}

// examineAccounts says what is lost where environments have no accounts of their own.
func (s *Server) examineAccounts() store.Finding {
	f := store.Finding{Verdict: store.Good, What: "accounts of environments", Said: "each its own, with rights on its own schema"}
	if s.o.Shared {
		f.Said = "all use the staging service's: nothing keeps a branch from the others' data and from staging's, or limits its connections"
	}
	return f
}

// examineSight says whether questions about the server are answered in full.
func (s *Server) examineSight(ctx context.Context) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "sessions and transactions of others", Said: "are seen"}
	_, blind, err := s.seats(ctx)
	switch {
	case err != nil:
		f.Verdict, f.Said = store.Skipped, err.Error()
	case blind:
		f.Said = "are hidden: /qa top shows less, and who blocks a drop is not named; GRANT PROCESS ON *.* to the account of qabot shows them"
	}
	return f
}

// examineSwaps says whether data stays in use until other data is ready.
func (s *Server) examineSwaps(ctx context.Context) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "data that is replaced", Said: "stays in use until its successor is ready; both are on the disk meanwhile"}
	swaps, err := s.swaps(ctx)
	switch {
	case err != nil:
		f.Verdict, f.Said = store.Skipped, err.Error()
	case !swaps:
		f.Said = "goes before its successor is made: this server does not take tables from one schema into another"
	}
	return f
}

// ExamineBudget tells what an environment of an app costs in connections, and how many the server has room for.
func (s *Server) ExamineBudget(ctx context.Context, from Loads) store.Finding {
	f := store.Finding{Verdict: store.Good, What: "connections of an environment"}
	loads, err := from.Loads(ctx)
	if err != nil {
		f.Verdict, f.Said = store.Skipped, err.Error()
		return f
	}
	now, err := s.pressure(ctx, nil)
	if err != nil || now.limit == 0 {
		f.Verdict, f.Said = store.Skipped, errors.Join(errors.New("the server does not say how many it takes"), err).Error()
		return f
	}
	price := s.priced(loads)
	f.Said = fmt.Sprintf("%d; there is room for %d at a time", price, now.most/max(price, 1))
	var assumed []string
	for _, l := range loads {
		if l.Assumed {
			assumed = append(assumed, l.Role)
		}
	}
	if len(assumed) > 0 {
		f.Said += fmt.Sprintf("; nothing tells what %s opens, so a usual pool is counted (roles[].pool says it)", strings.Join(assumed, ", "))
	}
	if price > now.most {
		f.Verdict, f.Fix = store.Bad, "roles[].pool or RAILS_MAX_THREADS: smaller; or database.reserve: less"
	}
	return f
}
