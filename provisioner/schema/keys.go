package schema

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"qabot/provisioner/schema/clone"
	"qabot/store"
)

// Keys of Redis that are kept with a save lie in a table of its schema, so that they go where it goes: one JSON object a line (store.Key),
// gzipped, in pieces that every server takes.
const (
	keysTable = "qabot_redis"
	piece     = 1 << 20

	markKeyless = "keyless" // store.Detail: why no keys were kept
)

// ownTables are those that are qabot's, in any schema: they are no data.
func ownTables() []string { return []string{marksTable, keysTable} }

// Corner is where an environment's keys of Redis lie.
type Corner interface {
	// Collect gives the keys of an environment, or says why they are not given.
	Collect(ctx context.Context, env store.Environment) (keys []store.Key, why store.Detail, err error)
}

// pack makes one text of keys; of none, none.
func pack(keys []store.Key) ([]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	lines := json.NewEncoder(z)
	for _, k := range keys {
		if err := lines.Encode(k); err != nil {
			return nil, fmt.Errorf("pack keys: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack keys: %w", err)
	}
	return b.Bytes(), nil
}

func unpack(text []byte) (keys []store.Key, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("unpack keys: %w", err)
	}
	for lines := json.NewDecoder(z); ; {
		var k store.Key
		if err := lines.Decode(&k); errors.Is(err, io.EOF) {
			return keys, nil
		} else if err != nil {
			return nil, fmt.Errorf("unpack keys: %w", err)
		}
		keys = append(keys, k)
	}
}

// gather reads the keys that go with a save of the environment.
func (v *Saver) gather(ctx context.Context, env store.Environment) (packed []byte, n int, why store.Detail, err error) {
	if v.Corner == nil {
		return nil, 0, why, nil
	}
	keys, why, err := v.Corner.Collect(ctx, env)
	if err != nil {
		return nil, 0, why, fmt.Errorf("collect keys: %w", err)
	}
	packed, err = pack(keys)
	return packed, len(keys), why, err
}

// putKeys writes them into a schema that is being filled.
func (s *Server) putKeys(ctx context.Context, c *store.Claim, schema string, packed []byte) error {
	if len(packed) == 0 {
		return nil
	}
	table := clone.Quote(schema) + "." + clone.Quote(keysTable)
	if err := s.do(ctx, c, "CREATE TABLE "+table+" (n INT NOT NULL PRIMARY KEY, payload LONGBLOB NOT NULL)"); err != nil {
		return fmt.Errorf("make room for keys in %s: %w", schema, err)
	}
	for n := 0; len(packed) > 0; n++ {
		size := min(piece, len(packed))
		if err := s.do(ctx, c, "INSERT INTO "+table+" VALUES (?, ?)", n, packed[:size]); err != nil {
			return fmt.Errorf("put keys into %s: %w", schema, err)
		}
		packed = packed[size:]
	}
	return nil
}

// getKeys reads them; a schema without any has none.
func (s *Server) getKeys(ctx context.Context, schema string) ([]store.Key, error) {
	pieces, err := column(ctx, s.db, "SELECT payload FROM "+clone.Quote(schema)+"."+clone.Quote(keysTable)+" ORDER BY n")
	if is(err, tableGone, unknownTable) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys kept in %s: %w", schema, err)
	}
	var all bytes.Buffer
	for _, p := range pieces {
		all.WriteString(p)
	}
	return unpack(all.Bytes())
}

// Keys gives the keys of Redis that were kept with the save that an environment's data comes from, or why there are none.
func (s *Server) Keys(ctx context.Context, env store.Environment) (keys []store.Key, why store.Detail, err error) {
	o, err := s.origin(env)
	if o == nil || err != nil || o.Sort != store.FromSave {
		return nil, why, err
	}
	if err := s.examine(ctx, o); err != nil {
		return nil, why, reach(err)
	}
	if o.file {
		a, err := s.aboutFile(ctx, o)
		if err != nil {
			return nil, why, reach(err)
		}
		keys, err = unpack(a.Keys)
		return keys, a.Keyless, err
	}
	marks, err := s.readMarks(ctx, o.schema, markKeyless)
	if err != nil {
		return nil, why, reach(fmt.Errorf("read marks of %s: %w", o.schema, err))
	}
	if text := marks[markKeyless]; text != "" {
		if err := json.Unmarshal([]byte(text), &why); err != nil {
			return nil, why, fmt.Errorf("read why no keys were kept in %s: %w", o.schema, err)
		}
		return nil, why, nil
	}
	keys, err = s.getKeys(ctx, o.schema)
	return keys, why, reach(err)
}
