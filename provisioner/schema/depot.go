package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// Depot keeps saves as files outside of the server.
type Depot interface {
	// Keep keeps what it reads, and gives its size. There is nothing of it before all was read.
	Keep(ctx context.Context, c *store.Claim, w store.SaveWish, from io.Reader) (size int64, err error)
	// There tells whether there is a file of the save.
	There(ctx context.Context, app, name string) (bool, error)
	// Open reads it, no further than somebody reads; fs.ErrNotExist where there is none.
	Open(ctx context.Context, app, name string) (io.ReadCloser, error)
	// Drop takes it away; one that is not there is success, and one that bears other marks a Problem.
	Drop(ctx context.Context, c *store.Claim, app, name string) error
	// Where says to people where files lie.
	Where() string
}

// about is what a file says of the data in it.
type about struct {
	Save       string            `json:"save"`
	Marks      map[string]string `json:"marks,omitempty"` // that tell of the data
	Migrations []migration       `json:"migrations,omitempty"`
	Keyless    store.Detail      `json:"keyless,omitzero"`
	Keys       []byte            `json:"keys,omitempty"` // of Redis, packed
}

// file writes a save into the depot.
func (v *Saver) file(ctx context.Context, c *store.Claim, w store.SaveWish, env store.Environment, o *origin) (store.SaveStatus, error) {
	if err := v.room(ctx, w, 0); err != nil {
		return store.SaveStatus{}, err
	}
	a := about{Save: w.Key()}
	var n int
	var err error
	if a.Keys, n, a.Keyless, err = v.gather(ctx, env); err != nil {
		return store.SaveStatus{}, err
	}
	if a.Marks, err = v.storyOf(ctx, o.schema); err != nil {
		return store.SaveStatus{}, err
	}
	if a.Migrations, err = v.applied(ctx, o.schema); err != nil {
		return store.SaveStatus{}, err
	}
	size, err := v.dump(ctx, c, w, o, a)
	if err != nil {
		return store.SaveStatus{}, err
	}
	if err := v.room(ctx, w, size); err != nil {
		return store.SaveStatus{}, errors.Join(err, v.o.Depot.Drop(ctx, c, w.App, w.Name))
	}
	return store.SaveStatus{Done: store.Succeeded, Bytes: size, Keys: n, Keyless: a.Keyless, Where: v.o.Depot.Where(), Commit: env.Spec.Commit}, nil
}

// dump reads the schema at one end while the depot takes it in at the other.
func (v *Saver) dump(ctx context.Context, c *store.Claim, w store.SaveWish, o *origin, a about) (size int64, err error) {
	db, err := v.loader()
	if err != nil {
		return 0, err
	}
	defer db.Close()
	method, err := v.method(ctx)
	if err != nil {
		return 0, err
	}
	from, to := io.Pipe()
	dumped := make(chan error, 1)
	go func() {
		_, err := clone.Copy{Source: o.schema, Skip: ownTables()}.Dump(ctx, db, method, a, to)
		to.CloseWithError(err)
		dumped <- err
	}()
	size, kept := v.o.Depot.Keep(ctx, c, w, from)
	from.CloseWithError(errors.Join(kept, io.ErrClosedPipe))
	if err := <-dumped; err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return 0, fmt.Errorf("dump %s: %w", o.schema, err)
	}
	if kept != nil {
		return 0, fmt.Errorf("keep the file: %w", kept)
	}
	return size, nil
}

// storyOf are the marks that tell of a schema's data.
func (s *Server) storyOf(ctx context.Context, schema string) (map[string]string, error) {
	names := identity()
	found, err := column(ctx, s.db, "SELECT name FROM "+marksOf(schema)+" WHERE name NOT IN (?"+strings.Repeat(",?", len(names)-1)+")", anys(names)...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return s.readMarks(ctx, schema, found...)
}

// loader opens the server for rows of any size: they go as they are, and not as a part of the statement's text.
func (s *Server) loader() (*sql.DB, error) {
	config := s.config.Clone()
	config.DBName, config.ReadTimeout, config.WriteTimeout, config.InterpolateParams = "", 0, 0, false
	db, err := open(config)
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(0)
	return db, nil
}

// inDepot tells whether a save lies there.
func (s *Server) inDepot(ctx context.Context, o *origin) (bool, error) {
	if s.o.Depot == nil || o.Sort != store.FromSave {
		return false, nil
	}
	there, err := s.o.Depot.There(ctx, o.app, o.Name)
	if err != nil {
		return false, fmt.Errorf("look for the file of %s: %w", o.Source, err)
	}
	return there, nil
}

// aboutFile reads what the file of a save says of its data.
func (s *Server) aboutFile(ctx context.Context, o *origin) (a about, err error) {
	file, err := s.o.Depot.Open(ctx, o.app, o.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return a, store.NewProblem(err, store.SchemaNoSource, o.Source.String())
	}
	if err != nil {
		return a, fmt.Errorf("open the file of %s: %w", o.Source, err)
	}
	defer file.Close()
	if err := clone.About(file, &a); err != nil {
		return a, fmt.Errorf("read the file of %s: %w", o.Source, err)
	}
	return a, nil
}
