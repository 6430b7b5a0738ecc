package githubsim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// MaxComment is how many characters a comment may have.
const MaxComment = 65536

// A Comment stands below a pull request.
type Comment struct {
	ID                   int64
	Number               int // of the pull request
	Body, Author         string
	CreatedAt, UpdatedAt time.Time
}

// Comment writes a comment, as a person does.
func (s *Server) Comment(owner, name string, number int, body, by string) (Comment, error) {
	fail := func(err error) (Comment, error) {
		return Comment{}, fmt.Errorf("comment on pull request %d of %s/%s: %w", number, owner, name, err)
	}
	repo := s.repository(owner, name)
	if repo == nil {
		return fail(errNoRepository)
	}
	c, err := s.comment(repo, strconv.Itoa(number), body, cmp.Or(by, s.opt.Login))
	if err != nil {
		return fail(err)
	}
	return c, nil
}

func checkComment(body string) error {
	switch {
	case body == "":
		return invalid("IssueComment", "body", "missing_field", "")
	case len([]rune(body)) > MaxComment:
		return invalid("IssueComment", "body", "custom", fmt.Sprintf("body is too long (maximum is %d characters)", MaxComment))
	}
	return nil
}

func (s *Server) comment(repo *repository, number, body, by string) (Comment, error) {
	p, err := repo.book.pullCopy(number)
	if err != nil {
		return Comment{}, err
	}
	if err := checkComment(body); err != nil {
		return Comment{}, err
	}
	now := s.opt.Now().UTC()
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	c := &Comment{ID: s.serial.Add(1), Number: p.Number, Body: body, Author: by, CreatedAt: now, UpdatedAt: now}
	repo.book.comments = append(repo.book.comments, c)
	live := repo.book.pull(p.Number)
	live.Comments++
	live.UpdatedAt = now
	s.emitComment(repo, *c, "created", by, nil)
	return *c, nil
}

// commentIn finds the comment that a request names. Call it under the book's mu.
func (b *book) commentIn(r *http.Request) (*Comment, error) {
	at := slices.IndexFunc(b.comments, func(c *Comment) bool { return strconv.FormatInt(c.ID, 10) == r.PathValue("comment") })
	if at < 0 {
		return nil, errNotFound()
	}
	return b.comments[at], nil
}

// listOfIssue serves what is below a pull request; the mux could not tell its comments from one comment.
func (s *Server) listOfIssue(r *http.Request, l links, repo *repository) (answer, error) {
	switch r.PathValue("list") {
	case "comments":
		return s.listComments(r, l, repo)
	case "labels":
		return s.listLabels(r, l, repo)
	}
	return answer{}, errNotFound()
}

func (s *Server) listComments(r *http.Request, l links, repo *repository) (answer, error) {
	p, err := repo.book.pullCopy(r.PathValue("number"))
	if err != nil {
		return answer{}, err
	}
	since := time.Time{}
	if text := r.URL.Query().Get("since"); text != "" {
		if since, err = time.Parse(time.RFC3339, text); err != nil {
			return answer{}, invalid("IssueComment", "since", "invalid", "")
		}
	}
	all := []object{}
	for _, c := range s.Comments(repo.owner, repo.name, p.Number) {
		if !c.UpdatedAt.Before(since) {
			all = append(all, l.comment(repo, c))
		}
	}
	return pageFrom(r, all), nil
}

func (s *Server) getComment(r *http.Request, l links, repo *repository) (answer, error) {
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	c, err := repo.book.commentIn(r)
	if err != nil {
		return answer{}, err
	}
	return answer{body: l.comment(repo, *c)}, nil
}

func (s *Server) createComment(r *http.Request, l links, repo *repository) (answer, error) {
	var asked struct{ Body string }
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	c, err := s.comment(repo, r.PathValue("number"), asked.Body, callerOf(r).login)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated, body: l.comment(repo, c)}, nil
}

func (s *Server) editComment(r *http.Request, l links, repo *repository) (answer, error) {
	var asked struct{ Body string }
	if err := read(r, &asked); err != nil {
		return answer{}, err
	}
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	c, err := repo.book.commentIn(r)
	if err != nil {
		return answer{}, err
	}
	if err := checkComment(asked.Body); err != nil {
		return answer{}, err
	}
	before := c.Body
	c.Body, c.UpdatedAt = asked.Body, s.opt.Now().UTC()
	s.emitComment(repo, *c, "edited", callerOf(r).login, object{"changes": object{"body": object{"from": before}}})
	return answer{body: l.comment(repo, *c)}, nil
}

func (s *Server) deleteComment(r *http.Request, _ links, repo *repository) (answer, error) {
	repo.book.mu.Lock()
	defer repo.book.mu.Unlock()
	c, err := repo.book.commentIn(r)
	if err != nil {
		return answer{}, err
	}
	repo.book.comments = slices.DeleteFunc(repo.book.comments, func(other *Comment) bool { return other == c })
	repo.book.pull(c.Number).Comments--
	s.emitComment(repo, *c, "deleted", callerOf(r).login, nil)
	return answer{status: http.StatusNoContent}, nil
}

// emitComment queues a webhook about a comment. Call it under the book's mu.
func (s *Server) emitComment(repo *repository, c Comment, action, by string, more object) {
	l := links{s.opt.URL, s}
	body := object{
		"action": action, "issue": l.issue(repo, repo.book.pull(c.Number).copy()), "comment": l.comment(repo, c),
		"repository": l.repository(repo), "sender": l.user(by),
	}
	for key, value := range more {
		body[key] = value
	}
	s.emit(repo, "issue_comment", body)
}

func (l links) comment(repo *repository, c Comment) object {
	return object{
		"id": c.ID, "node_id": nodeID("IC", c.ID), "body": c.Body, "user": l.user(c.Author),
		"created_at": stampOrNil(c.CreatedAt), "updated_at": stampOrNil(c.UpdatedAt),
		"url":                l.api("/repos/%s/issues/comments/%d", repo.fullName(), c.ID),
		"issue_url":          l.api("/repos/%s/issues/%d", repo.fullName(), c.Number),
		"html_url":           fmt.Sprintf("%s/%s/pull/%d#issuecomment-%d", l.base, repo.fullName(), c.Number, c.ID),
		"author_association": l.association(repo, c.Author), "performed_via_github_app": nil,
	}
}
