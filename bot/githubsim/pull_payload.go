package githubsim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// labelList is a list of labels' names, in an object or alone.
type labelList []string

func (list *labelList) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, (*[]string)(list)); err == nil {
		return nil
	}
	var wrapped struct{ Labels []string }
	err := json.Unmarshal(text, &wrapped)
	*list = wrapped.Labels
	return err
}

func stampOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t.UTC())
}

func stateOf(p Pull) string {
	if p.Closed {
		return "closed"
	}
	return "open"
}

// pull is a pull request as lists and webhooks have it.
func (l links) pull(repo *repository, p Pull) object {
	full := repo.fullName()
	api, html := l.api("/repos/%s/pulls/%d", full, p.Number), fmt.Sprintf("%s/%s/pull/%d", l.base, full, p.Number)
	issue := l.api("/repos/%s/issues/%d", full, p.Number)
	statuses := l.api("/repos/%s/statuses/%s", full, p.Head)
	from, head := l.hub.byID(p.HeadRepositoryID), any(nil)
	if from != nil {
		head = l.repository(from)
	}
	owner := l.headOwner(p)
	mergedBy := any(nil)
	if p.MergedBy != "" {
		mergedBy = l.user(p.MergedBy)
	}
	return object{
		"id": p.ID, "node_id": nodeID("PR", p.ID), "number": p.Number, "state": stateOf(p), "locked": false, "title": p.Title,
		"body": nilIfEmpty(p.Body), "user": l.user(p.Author), "draft": p.Draft, "labels": l.labels(repo, p),
		"created_at": stampOrNil(p.CreatedAt), "updated_at": stampOrNil(p.UpdatedAt), "closed_at": stampOrNil(p.ClosedAt),
		"merged": p.Merged, "merged_at": stampOrNil(p.MergedAt), "merged_by": mergedBy,
		"merge_commit_sha": nilIfEmpty(p.MergeCommit), "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown",
		"comments": p.Comments, "review_comments": 0, "maintainer_can_modify": false, "auto_merge": nil,
		"assignee": nil, "assignees": []object{}, "requested_reviewers": []object{}, "requested_teams": []object{},
		"milestone": nil, "author_association": l.association(repo, p.Author), "active_lock_reason": nil,
		"head": object{"label": owner + ":" + p.Branch, "ref": p.Branch, "sha": p.Head, "user": l.user(owner), "repo": head},
		"base": object{
			"label": repo.owner + ":" + p.Base, "ref": p.Base, "sha": p.BaseHead, "user": l.user(repo.owner),
			"repo": l.repository(repo),
		},
		"url": api, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch", "issue_url": issue,
		"commits_url": api + "/commits", "comments_url": issue + "/comments", "statuses_url": statuses,
		"review_comments_url": api + "/comments", "review_comment_url": l.api("/repos/%s/pulls/comments{/number}", full),
		"_links": object{
			"self": object{"href": api}, "html": object{"href": html}, "issue": object{"href": issue},
			"comments": object{"href": issue + "/comments"}, "commits": object{"href": api + "/commits"},
			"statuses": object{"href": statuses},
		},
	}
}

// issue is a pull request as comments' webhooks have it.
func (l links) issue(repo *repository, p Pull) object {
	pull, api := l.pull(repo, p), l.api("/repos/%s/issues/%d", repo.fullName(), p.Number)
	return object{
		"id": p.ID, "node_id": pull["node_id"], "number": p.Number, "title": p.Title, "body": pull["body"], "user": pull["user"],
		"state": pull["state"], "locked": false, "draft": p.Draft, "labels": pull["labels"], "comments": p.Comments,
		"assignee": nil, "assignees": []object{}, "milestone": nil, "author_association": pull["author_association"],
		"created_at": pull["created_at"], "updated_at": pull["updated_at"], "closed_at": pull["closed_at"],
		"url": api, "comments_url": api + "/comments", "html_url": pull["html_url"],
		"repository_url": l.api("/repos/%s", repo.fullName()),
		"pull_request": object{
			"url": pull["url"], "html_url": pull["html_url"], "diff_url": pull["diff_url"], "patch_url": pull["patch_url"],
			"merged_at": pull["merged_at"],
		},
	}
}

// association is what somebody is to a repository. People with a fork count as strangers.
func (l links) association(repo *repository, login string) string {
	switch {
	case strings.EqualFold(login, repo.owner):
		return "OWNER"
	case strings.HasSuffix(login, botSuffix), l.hub.forkBy(repo, login) != nil:
		return "NONE"
	}
	return "COLLABORATOR"
}
