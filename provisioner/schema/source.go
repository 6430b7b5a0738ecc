package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// Start is how the data of an app's environments begins.
type Start struct {
	From  string // a store.Source; empty: nothing
	Masks []clone.Mask
	Warm  int // copies of a template that are kept ready

	Refresh Refresh // how qabot makes the template
}

// origin is a schema that data is copied from.
type origin struct {
	store.Source
	schema string
	app    string
	file   bool // it lies in the depot, and its schema is made for as long as it is copied
	ours   bool // another environment's, or saved: it was masked when it came, and brings the story of its migrations along
}

// origin tells where the data of an environment comes from; nil: from nowhere.
func (s *Server) origin(env store.Environment) (*origin, error) {
	text := env.Spec.Data.From
	if text == "" {
		text = s.o.Starts[env.Spec.App].From
	}
	if text == "" || text == store.FromEmpty {
		return nil, nil
	}
	source, ok := store.SourceOf(text)
	if !ok {
		return nil, store.NewProblem(errors.New("it names no source of data"), store.SchemaNoSource, text)
	}
	o := &origin{Source: source, app: env.Spec.App, schema: source.Name, ours: true}
	switch source.Sort {
	case store.FromTemplate:
		o.ours = false
	case store.FromEnvironment:
		o.schema = Name(env.Spec.App, store.NewID(s.o.Installation, env.Spec.App, source.Name))
	case store.FromSave:
		o.schema = saveName(s.o.Installation, env.Spec.App, source.Name)
	}
	if o.schema == Name(env.Spec.App, env.ID) {
		return nil, store.NewProblem(errors.New("it is its own source"), store.SchemaNoSource, text)
	}
	return o, nil
}

// key names a save among all.
func (o *origin) key() string { return store.SaveWish{App: o.app, Name: o.Name}.Key() }

// examine tells whether there is something to copy, and where it lies: of ours, only what is whole.
func (s *Server) examine(ctx context.Context, o *origin) error {
	none := store.NewProblem(nil, store.SchemaNoSource, o.Source.String())
	if filed, err := s.inDepot(ctx, o); filed || err != nil {
		o.file = filed
		return err
	}
	there, err := column(ctx, s.db, "SELECT schema_name FROM information_schema.schemata WHERE schema_name = ?", o.schema)
	if err != nil {
		return fmt.Errorf("look for %s: %w", o.schema, err)
	}
	if len(there) == 0 && o.Sort == store.FromTemplate && s.makes(o.schema) {
		return store.NewProblem(nil, store.SchemaMaking, o.schema)
	}
	if len(there) == 0 || public(o.schema) || strings.EqualFold(o.schema, "mysql") {
		none.Cause = errors.New("there is no such schema")
		return none
	}
	if !o.ours {
		return s.follow(ctx, o)
	}
	marks, err := s.readMarks(ctx, o.schema, markInstallation, markLeaving, markFilling, markPast)
	if err != nil && !is(err, tableGone, unknownTable) && !refused(err) {
		return fmt.Errorf("read marks of %s: %w", o.schema, err)
	}
	if marks[markInstallation] != s.o.Installation || marks[markLeaving] != "" || marks[markFilling] != "" || marks[markPast] != "" {
		none.Cause = errors.Join(errors.New("it is not ours, or not whole"), err)
		return none
	}
	return nil
}

// follow goes from a template that is kept by qabot, whichever installation's, to where its data lies now.
func (s *Server) follow(ctx context.Context, o *origin) error {
	marks, err := s.templateMarks(ctx, o.schema)
	if err != nil || marks[markTemplate] == "" {
		return err
	}
	if marks[markCurrent] == "" {
		return store.NewProblem(nil, store.SchemaMaking, o.schema)
	}
	o.schema = marks[markCurrent]
	return nil
}

// identity are the marks that say whose a schema is and what is being done with it. All others tell of its data, and go where that goes.
func identity() []string {
	return []string{markInstallation, markEnvironment, markEpoch, markMade, markLeaving, markFilling, markProgress, markFailed, markObjects, markPast, markFrom, markRun, markSave, markUnfiled, markKeyless, markWarm, markStamp, markTaken,
		markTemplate, markCurrent, markRefreshed, markSwitched, markLive, markRules, markTrouble}
}

// takeStory copies the marks that tell of the data.
func (s *Server) takeStory(ctx context.Context, c *store.Claim, from, to string) error {
	names := identity()
	return s.do(ctx, c, "REPLACE INTO "+marksOf(to)+" (name, value) SELECT name, value FROM "+marksOf(from)+" WHERE name NOT IN (?"+strings.Repeat(",?", len(names)-1)+")", anys(names)...)
}

// explainCopy says what people can be told of a copy that cannot be made.
func explainCopy(err error, o *origin) *store.Problem {
	var known *store.Problem
	var unfit *clone.Unfit
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &unfit) && unfit.Mask:
		return store.NewProblem(err, store.SchemaUnmasked, unfit.What)
	case errors.As(err, &unfit):
		return store.NewProblem(err, store.SchemaUnfit, unfit.What, o.Source.String())
	case refused(err):
		return store.NewProblem(err, store.SchemaRefused, "copy "+o.schema)
	}
	return store.NewProblem(err, store.SchemaNotCopied, o.Source.String())
}

// stays says the same where the environment has its data still: of a copy that was to replace it, or to save it.
func stays(p *store.Problem) *store.Problem {
	codes := map[string]string{
		store.SchemaUnmasked: store.SchemaUnmaskedKept, store.SchemaUnfit: store.SchemaUnfitKept,
		store.SchemaRefused: store.SchemaRefusedKept, store.SchemaNotCopied: store.SchemaNotCopiedKept,
	}
	if code, ok := codes[p.Code]; ok {
		kept := *p
		kept.Code = code
		return &kept
	}
	return p
}

func masksFor(o *origin, masks []clone.Mask) []clone.Mask {
	if o.ours {
		return nil
	}
	return slices.Clone(masks)
}
