package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

const (
	factsKept    = 5 * time.Minute // what Slack said of people, groups and channels
	factsTimeout = 5 * time.Second // for all that is asked about one request
	factsMost    = 5000            // entries of one sort; then all are asked for anew
)

// people asks Slack about persons, user groups and channels, and remembers the answers for a while. What it cannot find out
// it says; it never guesses.
type people struct {
	api    *slack.Client
	now    func() time.Time
	direct func(ctx context.Context, user string) (channel string, err error)

	mu       sync.Mutex
	home     *slack.AuthTestResponse
	persons  map[string]kept[slack.User]        // by team and user
	channels map[string]kept[slack.Channel]     // by ID
	groups   map[string]kept[[]slack.UserGroup] // by team
	quiet    map[string]time.Time               // methods that Slack wants to hear nothing of before
}

type kept[T any] struct {
	is T
	at time.Time
}

func newPeople(api *slack.Client, now func() time.Time, direct func(context.Context, string) (string, error)) *people {
	return &people{
		api: api, now: now, direct: direct, persons: map[string]kept[slack.User]{}, channels: map[string]kept[slack.Channel]{},
		groups: map[string]kept[[]slack.UserGroup]{}, quiet: map[string]time.Time{},
	}
}

// facts finds out what judge needs to know. It always answers; what Slack does not tell is a doubt.
func (p *people) facts(ctx context.Context, at place, withGroups bool) facts {
	ctx, cancel := context.WithTimeout(ctx, factsTimeout)
	defer cancel()
	f := facts{User: at.User, Channel: at.Channel}
	var wg sync.WaitGroup
	wg.Go(func() { f.Person, f.PersonDoubt = p.standing(ctx, at) })
	wg.Go(func() { f.Ground, f.Name, f.GroundDoubt = p.ground(ctx, at) })
	if withGroups {
		wg.Go(func() { f.Groups, f.GroupsDoubt = p.groupsOf(ctx, at) })
	}
	wg.Wait()
	return f
}

// standing tells what somebody is to the workspace.
func (p *people) standing(ctx context.Context, at place) (standing, store.Detail) {
	home, err := p.ours(ctx)
	if err != nil {
		return unknownPerson, p.doubt("auth.test", err)
	}
	u, err := p.person(ctx, at.Team, at.User)
	switch codeOf(err) {
	case "user_not_found", "user_not_visible", "users_not_found":
		return stranger, store.Detail{}
	}
	if err != nil {
		return unknownPerson, p.doubt("users.info", err)
	}
	return stands(u, *home, at.Enterprise), store.Detail{}
}

// stands reads what Slack says of somebody. An installation for a whole enterprise is at home in all of its workspaces, one
// for a workspace with everybody who belongs to that, wherever else in the enterprise.
func stands(u slack.User, home slack.AuthTestResponse, enterprise string) standing {
	enterpriseWide := enterprise != "" && enterprise == home.EnterpriseID
	ours := u.TeamID == home.TeamID || slices.Contains(u.Enterprise.Teams, home.TeamID) ||
		enterpriseWide && u.Enterprise.EnterpriseID == enterprise
	switch {
	case u.Deleted:
		return departed
	case u.IsBot, u.IsWorkflowBot, u.IsConnectorBot, u.ID == "USLACKBOT":
		return robot
	case u.IsStranger, !ours:
		return stranger
	case u.IsRestricted, u.IsUltraRestricted:
		return guest
	}
	return member
}

// ground tells what sort of place it is, and the name of a channel.
func (p *people) ground(ctx context.Context, at place) (ground, string, store.Detail) {
	switch {
	case at.Direct, at.Channel == "":
		return directGround, "", store.Detail{}
	case strings.HasPrefix(at.Channel, "D"):
		// A command can be typed in anybody's direct messages.
		own, err := p.direct(ctx, at.User)
		switch {
		case err != nil:
			return unknownGround, "", p.doubt("conversations.open", err)
		case own != at.Channel:
			return unknownGround, "", store.Say(doubtHidden)
		}
		return directGround, "", store.Detail{}
	}
	c, err := p.channel(ctx, at.Channel)
	switch {
	case codeOf(err) == "channel_not_found", codeOf(err) == "missing_scope" && strings.Contains(needed(err), "mpim"):
		return unknownGround, "", store.Say(doubtHidden)
	case err != nil:
		return unknownGround, "", p.doubt("conversations.info", err)
	case c.IsExtShared, c.IsPendingExtShared, len(c.PendingShared) > 0:
		return sharedGround, c.Name, store.Detail{}
	}
	return ownGround, c.Name, store.Detail{}
}

// groupsOf gives the IDs and @handles of the user groups that somebody is in. A group that is switched off has nobody in it.
func (p *people) groupsOf(ctx context.Context, at place) ([]string, store.Detail) {
	all, err := p.userGroups(ctx, at)
	if err != nil {
		return nil, p.doubt("usergroups.list", err)
	}
	in := []string{}
	for _, g := range all {
		if slices.Contains(g.Users, at.User) && g.DateDelete == 0 {
			in = append(in, g.ID, "@"+g.Handle)
		}
	}
	return in, store.Detail{}
}

// name gives a name to the ID of a user, a group or a channel, for where Slack does not: @ana, @qa-leads, #qa. It is the ID
// where Slack does not tell.
func (p *people) name(ctx context.Context, at place, id string) string {
	switch {
	case userID.MatchString(id):
		if u, err := p.person(ctx, at.Team, id); err == nil {
			return "@" + cmp.Or(u.Profile.DisplayName, u.RealName, u.Name, id)
		}
	case groupID.MatchString(id):
		groups, _ := p.userGroups(ctx, at) // none when Slack does not tell
		for _, g := range groups {
			if g.ID == id {
				return "@" + g.Handle
			}
		}
	case channelID.MatchString(id):
		if c, err := p.channel(ctx, id); err == nil {
			return "#" + c.Name
		}
	}
	return id
}

// ours is the workspace, or the enterprise, that the bot is installed in.
func (p *people) ours(ctx context.Context) (*slack.AuthTestResponse, error) {
	p.mu.Lock()
	home := p.home
	p.mu.Unlock()
	if home != nil {
		return home, nil
	}
	return heedful(p, "auth.test", func() (*slack.AuthTestResponse, error) {
		home, err := p.api.AuthTestContext(ctx)
		if err == nil {
			p.mu.Lock()
			p.home = home
			p.mu.Unlock()
		}
		return home, err
	})
}

// person asks who somebody is. Users are told apart by team and ID.
func (p *people) person(ctx context.Context, team, user string) (slack.User, error) {
	return remembered(p, p.persons, team+"/"+user, "users.info", func() (slack.User, error) {
		u, err := p.api.GetUserInfoContext(ctx, user)
		if err != nil {
			return slack.User{}, err
		}
		return *u, nil
	})
}

func (p *people) channel(ctx context.Context, id string) (slack.Channel, error) {
	return remembered(p, p.channels, id, "conversations.info", func() (slack.Channel, error) {
		c, err := p.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
		if err != nil {
			return slack.Channel{}, err
		}
		return *c, nil
	})
}

func (p *people) userGroups(ctx context.Context, at place) ([]slack.UserGroup, error) {
	return remembered(p, p.groups, at.Team, "usergroups.list", func() ([]slack.UserGroup, error) {
		opts := []slack.GetUserGroupsOption{slack.GetUserGroupsOptionIncludeUsers(true)}
		if at.Enterprise != "" {
			opts = append(opts, slack.GetUserGroupsOptionTeamID(at.Team)) // the token is good for many workspaces
		}
		return p.api.GetUserGroupsContext(ctx, opts...)
	})
}

// remembered answers from memory while that is fresh. Only answers are remembered.
func remembered[T any](p *people, in map[string]kept[T], key, method string, ask func() (T, error)) (T, error) {
	p.mu.Lock()
	known, ok := in[key]
	p.mu.Unlock()
	if ok && p.now().Sub(known.at) < factsKept {
		return known.is, nil
	}
	is, err := heedful(p, method, ask)
	if err != nil {
		return is, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(in) >= factsMost {
		clear(in)
	}
	in[key] = kept[T]{is, p.now()}
	return is, nil
}

// heedful asks unless Slack wanted to be left alone with such questions.
func heedful[T any](p *people, method string, ask func() (T, error)) (T, error) {
	p.mu.Lock()
	until := p.quiet[method]
	p.mu.Unlock()
	if wait := until.Sub(p.now()); wait > 0 {
		var none T
		return none, &slack.RateLimitedError{RetryAfter: wait}
	}
	is, err := ask()
	if wait, ok := limited(err); ok {
		p.mu.Lock()
		p.quiet[method] = p.now().Add(wait)
		p.mu.Unlock()
	}
	return is, err
}

// doubt puts an error of Slack into the answer that the person gets.
func (p *people) doubt(method string, err error) store.Detail {
	if wait, ok := limited(err); ok {
		return store.Say(doubtLimited, wait)
	}
	switch codeOf(err) {
	case "missing_scope", "not_allowed_token_type", "no_permission", "access_denied":
		if scope := needed(err); scope != "" {
			return store.Say(doubtScope, scope)
		}
		return store.Say(doubtScope, method)
	}
	return store.Say(doubtAway, method)
}
