package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"qabot/store"
)

// Act is one act of the audit journal as it is printed in JSON. The names and what they mean stay as they are; more may be
// added.
type Act struct {
	N           int64  `json:"n"`
	At          string `json:"at"` // RFC 3339, in UTC
	Command     string `json:"command"`
	Way         string `json:"way"`
	Outcome     string `json:"outcome"`
	Why         string `json:"why"` // code of the answer
	SlackUser   string `json:"slack_user,omitempty"`
	SlackTeam   string `json:"slack_team,omitempty"`
	GitHubUser  string `json:"github_user,omitempty"`
	Channel     string `json:"channel,omitempty"`
	App         string `json:"app,omitempty"`
	Repository  string `json:"repository,omitempty"`
	Branch      string `json:"branch,omitempty"`
	Commit      string `json:"commit,omitempty"`
	Environment string `json:"environment,omitempty"`
	Version     int64  `json:"version,omitempty"` // of the wish that it led to
}

// AuditQuery says which acts are wanted; what is zero does not matter.
type AuditQuery struct {
	Since       time.Time
	App, Branch string
}

// auditPage is how many acts are read at once.
const auditPage = 1000

// ReadAudit gives the acts of the audit journal to each, oldest first, from the store that the configuration names. It makes no
// store where there is none. dsn is the secret QABOT_STORE_DSN, for a store that needs one.
func ReadAudit(ctx context.Context, c *Config, dsn string, want AuditQuery, each func(Act) error) error {
	address := c.Store
	switch file, local := strings.CutPrefix(c.Store, "sqlite:"); {
	case local:
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no store at %s (store in the configuration; a relative path begins where qabot serve was started)", file)
		}
	case dsn == "":
		return errors.New("QABOT_STORE_DSN is not set: the audit journal is in that database")
	default:
		address = "mysql:" + dsn
	}
	s, err := store.Open(ctx, address, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	query := store.ActQuery{Since: want.Since, App: want.App, Branch: want.Branch, Limit: auditPage, Oldest: true}
	for {
		acts, err := s.Acts(ctx, query)
		if err != nil {
			return err
		}
		for _, a := range acts {
			if err := each(printed(a)); err != nil {
				return err
			}
			query.After = a.N
		}
		if len(acts) < auditPage {
			return nil
		}
	}
}

func printed(a store.Act) Act {
	return Act{
		N: a.N, At: a.At.UTC().Format("2006-01-02T15:04:05.000Z"), Command: a.Verb, Way: a.Way, Outcome: a.Outcome, Why: a.Why,
		SlackUser: a.User, SlackTeam: a.Team, GitHubUser: a.Name, Channel: a.Channel, App: a.App, Repository: a.Repo, Branch: a.Branch,
		Commit: a.Commit, Environment: string(a.Environment), Version: a.Version,
	}
}
