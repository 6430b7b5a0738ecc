package app

import (
	"context"
	"fmt"
	"strings"

	"qabot/store"
)

const ofNobody = "things of no environment"

// examineStrays looks for what bears the installation's marks and belongs to no environment of the store.
func examineStrays(ctx context.Context, p *program) store.Finding {
	if p.store == nil || p.schema == nil || p.clients == nil || p.keyspace == nil && !p.Config.Redis.own() {
		return skipped(ofNobody, "store, MySQL, Redis and AWS have to be reached for it")
	}
	traces, err := p.traces(ctx)
	if err != nil {
		return skipped(ofNobody, err.Error())
	}
	// Rows are there before what bears marks: asked for afterwards, none is missing that was made meanwhile.
	envs, err := p.store.List(ctx)
	if err != nil {
		return skipped(ofNobody, err.Error())
	}
	return judgeStrays(store.Strays(traces, envs, p.Now()), len(envs))
}

// judgeStrays counts those that wait for somebody: what a row knows of, the qabot that serves takes away by itself.
func judgeStrays(strays []store.Stray, known int) store.Finding {
	var lost, doubtful []string
	for _, s := range strays {
		switch s.Standing {
		case store.Unknownst:
			lost = append(lost, string(s.ID))
		case store.Doubtful:
			doubtful = append(doubtful, string(s.ID))
		}
	}
	f := store.Finding{Verdict: store.Good, What: ofNobody, Said: "none"}
	if len(doubtful) > 0 {
		f.Said = "called like ours, and not ours; never touched: " + strings.Join(doubtful, ", ")
	}
	if len(lost) == 0 {
		return f
	}
	f.Said = fmt.Sprintf("%d environment(s) that the store does not know have left something: %s", len(lost), strings.Join(lost, ", "))
	if known == 0 {
		f.Verdict, f.Said = store.Skipped, f.Said+"; the store knows none at all: is it the one that qabot serves with?"
		return f
	}
	f.Verdict, f.Fix = store.Bad, "qabot gc --dry-run shows what; qabot gc lets it be taken away"
	return f
}
