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
func startServers(ctx context.Context, dir, mysqlDSN, redisURL string) (*shared, error) {
	s := &shared{mysqlDSN: mysqlDSN, redisURL: redisURL}
	if mysqlDSN == "" {
		if err := s.startMySQL(ctx, filepath.Join(dir, "mysql")); err != nil {
			s.stop()
			return nil, err
		}
	}
	if redisURL == "" {
		if err := s.startRedis(ctx, filepath.Join(dir, "redis")); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

func (s *shared) startMySQL(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	real, err := servers.StartMySQL(ctx, dir)
	if err == nil {
		s.mysqlDSN = real.DSN
		s.stops = append(s.stops, real.Stop)
		s.notes = append(s.notes, "MySQL  private "+real.Version)
		return nil
	}
	if !errors.Is(err, servers.ErrMissing) {
		return fmt.Errorf("start MySQL: %w", err)
	}
	dsn, stop, err := embeddedMySQL()
	if err != nil {
		return fmt.Errorf("start the embedded MySQL: %w", err)
	}
	s.mysqlDSN = dsn
	s.stops = append(s.stops, stop)
	s.notes = append(s.notes, "MySQL  embedded (go-mysql-server), because no mariadbd or mysqld is installed here; its data lives in memory")
	return nil
}

func (s *shared) startRedis(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	real, err := servers.StartRedis(ctx, dir)
	if err == nil {
		s.redisURL = real.URL
		s.stops = append(s.stops, real.Stop)
		s.notes = append(s.notes, "Redis  private "+real.Version)
		return nil
	}
	if !errors.Is(err, servers.ErrMissing) {
		return fmt.Errorf("start Redis: %w", err)
	}
	url, stop, err := embeddedRedis()
	if err != nil {
		return fmt.Errorf("start the embedded Redis: %w", err)
	}
	s.redisURL = url
	s.stops = append(s.stops, stop)
	s.notes = append(s.notes, "Redis  embedded (miniredis), because no redis-server or valkey-server is installed here")
	return nil
}
