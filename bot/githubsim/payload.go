package githubsim

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// links writes GitHub's JSON with addresses below one base, the scheme and host that the reader uses.
type links struct {
	base string
	hub  *Server
}

type object = map[string]any

func (l links) api(format string, args ...any) string {
	return l.base + "/api/v3" + fmt.Sprintf(format, args...)
}

// escapeRef escapes each segment of a ref's name.
func escapeRef(ref string) string {
	parts := strings.Split(ref, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

func nodeID(kind string, key any) string { return fmt.Sprintf("%s_%v", kind, key) }

func (l links) repository(r *repository) object {
	full, api := r.fullName(), l.api("/repos/%s", r.fullName())
	return object{
		"id": r.id, "node_id": nodeID("R", r.id), "name": r.name, "full_name": full, "owner": l.user(r.owner),
		"private": true, "visibility": "private", "fork": r.forkOf != 0, "archived": false, "disabled": false,
		"description": nil, "default_branch": "main",
		"html_url": l.base + "/" + full, "url": api, "clone_url": l.base + "/" + full + ".git",
		"branches_url": api + "/branches{/branch}", "commits_url": api + "/commits{/sha}",
	}
}

// ownView is a repository with what the asker may do there, which webhooks do not tell.
func (l links) ownView(r *repository) object {
	repo := l.repository(r)
	repo["permissions"] = object{"admin": false, "push": true, "pull": true}
	return repo
}

func (l links) ref(r *repository, ref, hash string) object {
	api := l.api("/repos/%s", r.fullName())
	return object{
		"ref": ref, "node_id": nodeID("REF", ref), "url": api + "/git/" + escapeRef(ref),
		"object": object{"type": "commit", "sha": hash, "url": api + "/git/commits/" + hash},
	}
}

// branch is one entry of a list; the single branch has the whole commit instead.
func (l links) branch(r *repository, name, hash string) object {
	return object{
		"name": name, "protected": false,
		"commit": object{"sha": hash, "url": l.api("/repos/%s/commits/%s", r.fullName(), hash)},
	}
}

func (l links) commit(r *repository, c commit) object {
	api, html := l.api("/repos/%s", r.fullName()), l.base+"/"+r.fullName()
	parents := []object{}
	for _, p := range c.parents {
		parents = append(parents, object{"sha": p, "url": api + "/commits/" + p, "html_url": html + "/commit/" + p})
	}
	return object{
		"sha": c.hash, "node_id": nodeID("C", c.hash), "url": api + "/commits/" + c.hash, "html_url": html + "/commit/" + c.hash,
		"commit": object{
			"message": c.message, "url": api + "/git/commits/" + c.hash, "comment_count": 0,
			"author":    object{"name": c.author.name, "email": c.author.email, "date": stamp(c.author.at.UTC())},
			"committer": object{"name": c.committer.name, "email": c.committer.email, "date": stamp(c.committer.at.UTC())},
			"tree":      object{"sha": c.tree, "url": api + "/git/trees/" + c.tree},
		},
		"author": l.userOrNil(l.hub.people.login(c.author)), "committer": l.userOrNil(l.hub.people.login(c.committer)),
		"parents": parents,
	}
}

// files lists what a commit changed, for the answer about that commit alone.
func (l links) files(c commit) []object {
	files := []object{}
	for status, names := range map[string][]string{"added": c.added, "removed": c.removed, "modified": c.modified} {
		for _, name := range names {
			files = append(files, object{"filename": name, "status": status})
		}
	}
	return files
}

func (l links) headCommit(r *repository, c commit) object {
	return object{
		"id": c.hash, "tree_id": c.tree, "distinct": true, "message": c.message, "timestamp": stamp(c.committer.at),
		"url":       l.base + "/" + r.fullName() + "/commit/" + c.hash,
		"author":    object{"name": c.author.name, "email": c.author.email, "username": l.hub.people.login(c.author)},
		"committer": object{"name": c.committer.name, "email": c.committer.email, "username": l.hub.people.login(c.committer)},
		"added":     c.added, "removed": c.removed, "modified": c.modified,
	}
}

func (l links) pushEvent(r *repository, p push) object {
	repo := l.repository(r)
	repo["master_branch"] = "main"
	repo["pushed_at"] = p.at.Unix() // seconds here, a text everywhere else: so does GitHub
	owner := l.user(r.owner)
	owner["name"], owner["email"] = r.owner, nil
	repo["owner"] = owner
	commits := []object{}
	for _, c := range p.commits {
		commits = append(commits, l.headCommit(r, c))
	}
	event := object{
		"ref": p.ref, "before": p.before, "after": p.after, "base_ref": nil,
		"created": p.before == zero, "deleted": p.after == zero, "forced": p.forced,
		"compare":    fmt.Sprintf("%s/%s/compare/%s...%s", l.base, r.fullName(), p.before[:12], p.after[:12]),
		"repository": repo, "pusher": object{"name": p.sender, "email": p.pusher.email}, "sender": l.user(p.sender),
		"commits": commits, "head_commit": nil,
	}
	if p.head != nil {
		event["head_commit"] = l.headCommit(r, *p.head)
	}
	return event
}

func (l links) createEvent(r *repository, p push) object {
	event := l.deleteEvent(r, p)
	event["master_branch"], event["description"] = "main", nil
	return event
}

// deleteEvent names the ref bare, unlike push.
func (l links) deleteEvent(r *repository, p push) object {
	kind, name := "branch", strings.TrimPrefix(p.ref, "refs/heads/")
	if tag, ok := strings.CutPrefix(p.ref, "refs/tags/"); ok {
		kind, name = "tag", tag
	}
	repo := l.repository(r)
	repo["pushed_at"] = stamp(p.at.UTC())
	return object{"ref": name, "ref_type": kind, "pusher_type": "user", "repository": repo, "sender": l.user(p.sender)}
}
