package servers

import (
	"context"
	"fmt"
	"net/url"

	"github.com/go-sql-driver/mysql"
)

// OtherMySQL speaks of a server that runs already: dsn is of go-sql-driver/mysql, Stop does nothing.
func OtherMySQL(ctx context.Context, dsn string) (*MySQL, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("parse DSN of MySQL: %w", err)
	}
	cfg.DBName = ""
	m := &MySQL{Server: Server{Addr: cfg.Addr, Stop: func() {}}, DSN: cfg.FormatDSN()}
	if m.Version, _, err = askMySQL(ctx, m.DSN); err != nil {
		return nil, fmt.Errorf("ask MySQL at %s: %w", m.Addr, err)
	}
	return m, nil
}

// OtherRedis speaks of a server that runs already: rawURL is "redis://host:port", Stop does nothing.
func OtherRedis(ctx context.Context, rawURL string) (*Redis, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("parse URL of Redis: %w", err)
	}
	r := &Redis{Server: Server{Addr: u.Host, Stop: func() {}}, URL: rawURL}
	info, err := askRedis(ctx, r.Addr)
	if err != nil {
		return nil, fmt.Errorf("ask Redis at %s: %w", r.Addr, err)
	}
	r.Version = version(info)
	return r, nil
}
