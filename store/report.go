package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Report is what GitHub was told of an environment last. The bot alone writes it.
type Report struct {
	// Trying names, for each way of telling, what was about to be told when this was saved. While it is there, GitHub may
	// know of it already.
	Trying map[string]string `json:",omitempty"`

	Place       string               `json:",omitempty"` // the environment's name on GitHub, while it is there
	Deployments []ReportedDeployment `json:",omitempty"` // oldest first
	Status      ReportedStatus       `json:",omitzero"`
	Older       []ReportedStatus     `json:",omitempty"` // of commits before, that still say that something is or will be up
	Comments    []ReportedComment    `json:",omitempty"`
	Thread      ReportedThread       `json:",omitzero"` // where Slack says that the story is told
}

// ReportedDeployment is one deployment on GitHub.
type ReportedDeployment struct {
	Commit string
	ID     int64  // zero: GitHub refused it for good
	State  string `json:",omitempty"` // told last; empty: none yet
	Hash   string `json:",omitempty"` // of all that was told with it
}

// ReportedStatus is the commit status given last.
type ReportedStatus struct{ Commit, State, Hash string }

// ReportedComment is the comment on one pull request.
type ReportedComment struct {
	Pull int
	ID   int64  // zero: none is there, or none may be
	Hash string // of the text told last
	Over bool   `json:",omitempty"` // it says that the environment is gone
}

// ReportedThread is the address of a Slack message.
type ReportedThread struct{ Channel, TS, URL string }

const reportPrefix = "report/"

// Reporting names the claim under which GitHub is told of the environment.
func Reporting(id ID) string { return reportPrefix + string(id) }

// Unreported gives the Changed value of each environment of which something visible changed since SaveReport was last given
// that value.
func (s *Store) Unreported(ctx context.Context) (map[ID]int64, error) {
	all := map[ID]int64{}
	_, err := collect(ctx, s.reader(), func(row scanner) (id ID, err error) {
		var changed int64
		err = row.Scan(&id, &changed)
		all[id] = changed
		return id, err
	}, "SELECT e.id, e.changed FROM environments e LEFT JOIN reports r ON r.environment=e.id WHERE e.changed>COALESCE(r.told,0)")
	if err != nil {
		return nil, fmt.Errorf("read unreported environments: %w", err)
	}
	return all, nil
}

// Report reads what GitHub was told of an environment; it is empty when it was told nothing.
func (s *Store) Report(ctx context.Context, id ID) (Report, error) {
	var text []byte
	err := s.reader().row(ctx, "SELECT report FROM reports WHERE environment=?", id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return Report{}, nil
	}
	if err != nil {
		return Report{}, fmt.Errorf("read report of %s: %w", id, err)
	}
	return fromJSON[Report](text)
}

// Reports reads what GitHub was told of each environment.
func (s *Store) Reports(ctx context.Context) (map[ID]Report, error) {
	all := map[ID]Report{}
	_, err := collect(ctx, s.reader(), func(row scanner) (id ID, err error) {
		var text []byte
		if err := row.Scan(&id, &text); err != nil {
			return id, err
		}
		all[id], err = fromJSON[Report](text)
		return id, err
	}, "SELECT environment, report FROM reports")
	if err != nil {
		return nil, fmt.Errorf("read reports: %w", err)
	}
	return all, nil
}

// SaveReport keeps what GitHub was told, and that it knows the environment as of that Changed value; zero leaves that as it
// was. c is the claim of "report/<id>"; it is ErrFenced when somebody else has it.
func (s *Store) SaveReport(ctx context.Context, c *Claim, id ID, r Report, changed int64) error {
	if c.Name != Reporting(id) {
		return fmt.Errorf("save report of %s: the claim is of %s", id, c.Name)
	}
	text, err := asJSON(r)
	if err != nil {
		return err
	}
	if err := s.fenced(ctx, c, func(q session) error {
		n, err := q.exec(ctx, "UPDATE reports SET report=?, told=CASE WHEN told<? THEN ? ELSE told END WHERE environment=?", text, changed, changed, id)
		if err == nil && n == 0 {
			_, err = q.exec(ctx, "INSERT INTO reports (environment, report, told) VALUES (?, ?, ?)", id, text, changed)
		}
		return err
	}); err != nil {
		return fmt.Errorf("save report of %s: %w", id, err)
	}
	return nil
}
