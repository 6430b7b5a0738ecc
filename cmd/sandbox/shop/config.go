package shop

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"
)

// defaultThreads is the pool size that Rails has without RAILS_MAX_THREADS.
const defaultThreads = 5

// config is the environment, read once.
type config struct {
	dir            string // SHOP_DIR: the checkout
	port           string // PORT
	branch, commit string // BRANCH; GIT_COMMIT or COMMIT
	mysql          *mysql.Config
	redis          *redis.Options
	namespace      string // REDIS_NAMESPACE: the keys' first part, without the colon
	threads        int    // RAILS_MAX_THREADS: connections to the database, and to Redis
}

// readConfig returns all faults at once. Only DATABASE_URL is needed by every role.
func readConfig(getenv func(string) string) (config, error) {
	c := config{
		dir: cmp.Or(getenv("SHOP_DIR"), "."), port: getenv("PORT"), branch: cmp.Or(getenv("BRANCH"), "unknown branch"),
		commit: cmp.Or(getenv("GIT_COMMIT"), getenv("COMMIT"), "unknown"), namespace: getenv("REDIS_NAMESPACE"), threads: defaultThreads,
	}
	var faults []error
	var err error
	if c.mysql, err = parseDatabaseURL(getenv("DATABASE_URL"), getenv("DB_NAME")); err != nil {
		faults = append(faults, fmt.Errorf("DATABASE_URL: %w", err))
	}
	if c.redis, err = redis.ParseURL(cmp.Or(getenv("REDIS_URL"), "redis://127.0.0.1:6379/0")); err != nil {
		faults = append(faults, fmt.Errorf("REDIS_URL: %w", withoutURL(err)))
	}
	if n := getenv("RAILS_MAX_THREADS"); n != "" {
		if c.threads, err = strconv.Atoi(n); err != nil || c.threads < 1 {
			faults = append(faults, fmt.Errorf("RAILS_MAX_THREADS: %q is not a positive number", n))
		}
	}
	return c, errors.Join(faults...)
}

// parseDatabaseURL reads mysql://user:password@host:port/name; what follows a ? is for other clients. database names the
// schema where the URL has none.
func parseDatabaseURL(raw, database string) (*mysql.Config, error) {
	if raw == "" {
		return nil, errors.New("is missing")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, withoutURL(err)
	}
	if u.Scheme != "mysql" && u.Scheme != "mysql2" {
		return nil, fmt.Errorf("scheme %q is not mysql", u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, errors.New("has no host")
	}
	c := mysql.NewConfig()
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr = "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "3306"))
	if c.DBName = cmp.Or(strings.TrimPrefix(u.Path, "/"), database); c.DBName == "" {
		return nil, errors.New("has no database name, and DB_NAME is missing")
	}
	return c, nil
}

// withoutURL drops the text of an address from an error, because a password may be in it.
func withoutURL(err error) error {
	if parse := (*url.Error)(nil); errors.As(err, &parse) {
		return parse.Err
	}
	return err
}
