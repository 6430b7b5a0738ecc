package githubsim

// told reports whether anybody is told what happens to a repository: the App where it is installed, else the one receiver,
// who hears of everything but forks.
func (s *Server) told(repo *repository) bool {
	if !s.hooks.wanted() {
		return false
	}
	if s.opt.App == nil {
		return repo.forkOf == 0
	}
	in := s.access.installationOf(repo)
	return in != nil && !in.suspended
}

// emit queues a webhook about a repository.
func (s *Server) emit(repo *repository, event string, body object) {
	if !s.told(repo) {
		return
	}
	note := about{repository: repo.id}
	if s.opt.App != nil {
		in := s.access.installationOf(repo)
		if in == nil {
			return
		}
		note.installation = in.id
		body["installation"] = object{"id": in.id, "node_id": nodeID("I", in.id)}
	}
	s.hooks.queueEvent(event, note, body)
}

func (s *Server) emitRepository(repo *repository, action, by string, changes object) {
	l := links{s.opt.URL, s}
	body := object{"action": action, "repository": l.repository(repo), "sender": l.user(by)}
	if changes != nil {
		body["changes"] = changes
	}
	s.emit(repo, "repository", body)
}

// emitInstallation tells the App that it came, went, or was suspended.
func (s *Server) emitInstallation(in installation, action string) {
	if !s.hooks.wanted() {
		return
	}
	l := links{s.opt.URL, s}
	s.hooks.queueEvent("installation", about{installation: in.id}, object{
		"action": action, "installation": l.installation(in), "repositories": l.slips(s.covered(&in)), "requester": nil,
		"sender": l.user(in.owner),
	})
}

// emitSelection tells the App which repositories it may see from now on, or no longer.
func (s *Server) emitSelection(in installation, action string, repos []*repository) {
	if !s.hooks.wanted() {
		return
	}
	l := links{s.opt.URL, s}
	body := object{
		"action": action, "installation": l.installation(in), "repository_selection": in.selection(), "requester": nil,
		"repositories_added": []object{}, "repositories_removed": []object{}, "sender": l.user(in.owner),
	}
	body["repositories_"+action] = l.slips(repos)
	s.hooks.queueEvent("installation_repositories", about{installation: in.id}, body)
}

// slips are repositories in few words.
func (l links) slips(repos []*repository) []object {
	all := []object{}
	for _, repo := range repos {
		all = append(all, object{
			"id": repo.id, "node_id": nodeID("R", repo.id), "name": repo.name, "full_name": repo.fullName(), "private": true,
		})
	}
	return all
}
