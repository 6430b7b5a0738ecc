package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"qabot/store/servers"
)

// shared are the MySQL and the Redis server of the sandbox.
type shared struct {
	mysqlDSN string // administrator's, of go-sql-driver/mysql
	redisURL string // without a database number
	notes    []string
	stops    []func()
}

func (s *shared) stop() {
	for _, stop := range s.stops {
		stop()
	}
}

// startServers uses the given servers, else private real ones where the programs are installed, else embedded ones.
func startServers(ctx context.Context, o Options) (*shared, error) {
	s := &shared{mysqlDSN: o.MySQL, redisURL: o.Redis}
	for _, k := range []kind{
		{"MySQL", "mysql", "mariadbd or mysqld", &s.mysqlDSN, realMySQL, embeddedMySQL},
		{"Redis", "redis", "redis-server or valkey-server", &s.redisURL, realRedis, embeddedRedis},
	} {
		if *k.address != "" {
			s.notes = append(s.notes, fmt.Sprintf("%s: the given server", k.name))
			continue
		}
		if err := s.start(ctx, o, k); err != nil {
			s.stop()
			return nil, fmt.Errorf("start %s: %w", k.name, err)
		}
	}
	return s, nil
}

// kind is one sort of server and the two ways to come by it.
type kind struct {
	name, folder, programs string
	address                *string
	real                   func(ctx context.Context, dir string) (address, version string, stop func(), err error)
	embedded               func() (address string, stop func(), err error)
}

func (s *shared) start(ctx context.Context, o Options, k kind) error {
	why := "as asked for"
	if !o.Embedded {
		dir := filepath.Join(o.Dir, k.folder)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		address, version, stop, err := k.real(ctx, dir)
		if err == nil {
			s.add(k, address, stop, "a private server, "+version)
			return nil
		}
		if !errors.Is(err, servers.ErrMissing) {
			return err
		}
		why = "because no " + k.programs + " is installed here"
	}
	address, stop, err := k.embedded()
	if err != nil {
		return err
	}
	s.add(k, address, stop, "embedded, "+why+"; it keeps its data in memory")
	return nil
}

func (s *shared) add(k kind, address string, stop func(), note string) {
	*k.address = address
	s.stops = append(s.stops, stop)
	s.notes = append(s.notes, k.name+": "+note)
}

func realMySQL(ctx context.Context, dir string) (dsn, version string, stop func(), err error) {
	m, err := servers.StartMySQL(ctx, dir)
	if err != nil {
		return "", "", nil, err
	}
	return m.DSN, m.Version, m.Stop, nil
}

func realRedis(ctx context.Context, dir string) (url, version string, stop func(), err error) {
	r, err := servers.StartRedis(ctx, dir)
	if err != nil {
		return "", "", nil, err
	}
	return r.URL, r.Version, r.Stop, nil
}
