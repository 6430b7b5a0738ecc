package githubsim

import (
	"net/http"
	"strconv"
	"strings"
)

// getTree lists the tree of a commit, with ?recursive of its folders too. It takes a full hash of a commit, which GitHub takes in place of
// the tree's own.
func (s *Server) getTree(r *http.Request, l links, repo *repository) (answer, error) {
	hash := r.PathValue("tree")
	if len(hash) != len(zero) || !hashLike.MatchString(hash) {
		return answer{}, errNotFound()
	}
	found, err := s.git.commitOf(r.Context(), repo.dir, hash)
	if err != nil {
		return answer{}, err
	}
	if found == "" {
		return answer{}, errNotFound()
	}
	args := []string{"--git-dir=" + repo.dir, "ls-tree", "-l", "-z"}
	if r.URL.Query().Has("recursive") {
		args = append(args, "-r", "-t")
	}
	out, err := s.git.run(r.Context(), append(args, found)...)
	if err != nil {
		return answer{}, err
	}
	entries := []object{}
	for _, line := range strings.Split(strings.TrimRight(out, "\x00"), "\x00") {
		about, path, ok := strings.Cut(line, "\t")
		fields := strings.Fields(about)
		if !ok || len(fields) != 4 {
			continue
		}
		entry := object{"path": path, "mode": fields[0], "type": fields[1], "sha": fields[2], "url": l.api("/repos/%s/git/%ss/%s", repo.fullName(), fields[1], fields[2])}
		if size, err := strconv.Atoi(fields[3]); err == nil {
			entry["size"] = size
		}
		entries = append(entries, entry)
	}
	return answer{body: object{"sha": hash, "url": l.api("/repos/%s/git/trees/%s", repo.fullName(), hash), "tree": entries, "truncated": false}}, nil
}
