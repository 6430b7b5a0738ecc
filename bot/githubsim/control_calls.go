package githubsim

import (
	"context"
	"errors"
	"net/http"
	"time"
)

func (s *Server) controlBranches(mux *http.ServeMux) {
	control(mux, "open", s.controlOpen)
	control(mux, "edit", s.controlEdit)
	control(mux, "merge", s.controlMerge)
	control(mux, "comment", s.controlComment)
	control(mux, "branch", func(ctx context.Context, in struct {
		where
		Branch, From, By string
	}) (object, error) {
		return nil, s.CreateBranch(ctx, in.owner(), in.name(), in.Branch, in.From, in.By)
	})
	control(mux, "delete-branch", func(ctx context.Context, in struct {
		where
		Branch, By string
	}) (object, error) {
		return nil, s.DeleteBranch(ctx, in.owner(), in.name(), in.Branch, in.By)
	})
}

func (s *Server) controlRepositories(mux *http.ServeMux) {
	control(mux, "add", func(_ context.Context, in where) (object, error) {
		path, err := s.AddRepository(in.owner(), in.name())
		return object{"path": path}, err
	})
	control(mux, "fork", func(_ context.Context, in struct {
		where
		To string
	}) (object, error) {
		path, err := s.Fork(in.owner(), in.name(), in.To)
		return object{"path": path}, err
	})
	control(mux, "rename", func(_ context.Context, in struct {
		where
		To, By string
	}) (object, error) {
		return nil, s.Rename(in.owner(), in.name(), in.To, in.By)
	})
	control(mux, "transfer", func(_ context.Context, in struct {
		where
		To, By string
	}) (object, error) {
		return nil, s.Transfer(in.owner(), in.name(), in.To, in.By)
	})
	control(mux, "delete", func(_ context.Context, in struct {
		where
		By string
	}) (object, error) {
		return nil, s.Delete(in.owner(), in.name(), in.By)
	})
}

func (s *Server) controlApp(mux *http.ServeMux) {
	control(mux, "install", func(_ context.Context, in struct {
		Owner        string
		Repositories []string
	}) (object, error) {
		id, err := s.Install(in.Owner, in.Repositories...)
		return object{"installation": id}, err
	})
	control(mux, "uninstall", func(_ context.Context, in struct{ Owner string }) (object, error) {
		return nil, s.Uninstall(in.Owner)
	})
	control(mux, "suspend", func(_ context.Context, in struct {
		Owner  string
		Lifted bool
	}) (object, error) {
		return nil, s.Suspend(in.Owner, !in.Lifted)
	})
	control(mux, "select", func(_ context.Context, in struct {
		Owner          string
		Added, Removed []string
	}) (object, error) {
		return nil, s.Select(in.Owner, in.Added, in.Removed)
	})
}

func (s *Server) controlWebhooks(mux *http.ServeMux) {
	control(mux, "webhook", func(_ context.Context, in struct{ URL, Secret string }) (object, error) {
		s.SetWebhook(in.URL, in.Secret)
		return nil, nil
	})
	control(mux, "redeliver", func(_ context.Context, in struct{ GUID string }) (object, error) {
		return nil, s.Redeliver(in.GUID)
	})
	control(mux, "manner", s.controlManner)
	control(mux, "settle", func(ctx context.Context, _ struct{}) (object, error) { return nil, s.Settle(ctx) })
}

func (s *Server) controlOpen(ctx context.Context, in struct {
	where
	Branch, Base, Title, Body, By string
	Draft, Fork                   bool
	Labels                        []string
}) (object, error) {
	p, err := s.OpenPull(ctx, in.owner(), in.name(), NewPull{
		Branch: in.Branch, Base: in.Base, Title: in.Title, Body: in.Body, Author: in.By, Draft: in.Draft, Fork: in.Fork, Labels: in.Labels,
	})
	return s.controlPull(in.where, p, err)
}

func (s *Server) controlEdit(ctx context.Context, in struct {
	where
	Number            int
	Title, Body, Base *string
	Draft             *bool
	State, By         string
	Label, Unlabel    []string
}) (object, error) {
	p, err := s.EditPull(ctx, in.owner(), in.name(), in.Number, PullEdit{
		Title: in.Title, Body: in.Body, Base: in.Base, Draft: in.Draft, State: in.State, Label: in.Label, Unlabel: in.Unlabel, By: in.By,
	})
	return s.controlPull(in.where, p, err)
}

func (s *Server) controlMerge(ctx context.Context, in struct {
	where
	Number int
	Squash bool
	By     string
}) (object, error) {
	p, err := s.MergePull(ctx, in.owner(), in.name(), in.Number, in.Squash, in.By)
	return s.controlPull(in.where, p, err)
}

func (s *Server) controlPull(in where, p Pull, err error) (object, error) {
	if err != nil {
		return nil, err
	}
	repo := s.repository(in.owner(), in.name())
	if repo == nil {
		return nil, errNoRepository
	}
	return object{"pull": links{s.opt.URL, s}.pull(repo, p)}, nil
}

func (s *Server) controlComment(_ context.Context, in struct {
	where
	Number   int
	Body, By string
}) (object, error) {
	c, err := s.Comment(in.owner(), in.name(), in.Number, in.Body, in.By)
	return object{"comment": c.ID}, err
}

func (s *Server) controlManner(_ context.Context, in struct {
	Hold, Lose, Reverse bool
	Copies              int
	Delay               int `json:"delay_ms"`
}) (object, error) {
	if in.Copies < 0 || in.Delay < 0 {
		return nil, errors.New("copies and delay_ms are not negative")
	}
	s.SetManner(Manner{
		Hold: in.Hold, Lose: in.Lose, Reverse: in.Reverse, Copies: in.Copies, Delay: time.Duration(in.Delay) * time.Millisecond,
	})
	return nil, nil
}

func (s *Server) controlFail(_ context.Context, in struct {
	Faults []struct {
		Method, Path, Limit string
		Times, Status       int
		Latency             int `json:"latency_ms"`
		Cut, Lose           bool
	}
}) (object, error) {
	limits := map[string]Limit{"": NoLimit, "primary": PrimaryLimit, "secondary": SecondaryLimit}
	var faults []Fault
	for _, f := range in.Faults {
		limit, known := limits[f.Limit]
		trouble := f.Status == 0 || f.Status >= 500 && f.Status <= 599 || limit != NoLimit && f.Status == http.StatusTooManyRequests
		if !known || !trouble || f.Times < 0 || f.Latency < 0 {
			return nil, errors.New("limit is primary or secondary, status 500 to 599 or with a limit 429, times and latency_ms are not negative")
		}
		faults = append(faults, Fault{
			Method: f.Method, Path: f.Path, Times: f.Times, Latency: time.Duration(f.Latency) * time.Millisecond,
			Cut: f.Cut, Limit: limit, Lose: f.Lose, Status: f.Status,
		})
	}
	s.Fail(faults...)
	return nil, nil
}

func (s *Server) controlDeliveries(w http.ResponseWriter, _ *http.Request) {
	l, all := links{s.opt.URL, s}, []object{}
	for _, d := range s.Deliveries() {
		all = append(all, l.delivery(d))
	}
	controlAnswer(w, object{"deliveries": all}, nil)
}

func (s *Server) controlPulls(w http.ResponseWriter, r *http.Request) {
	in := where{r.URL.Query().Get("repository")}
	repo := s.repository(in.owner(), in.name())
	if repo == nil {
		controlAnswer(w, nil, errNoRepository)
		return
	}
	l, all := links{s.opt.URL, s}, []object{}
	for _, p := range s.Pulls(repo.owner, repo.name) {
		all = append(all, l.pull(repo, p))
	}
	controlAnswer(w, object{"pulls": all}, nil)
}
