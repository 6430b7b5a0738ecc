package bot

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

const (
	triggerLife = 3 * time.Second  // after that Slack opens no view any more
	formTimeout = 10 * time.Second // for all that a form is filled with
)

// opening is a form being asked for.
type opening struct {
	place
	Trigger string
	Message *slack.Message // of a message shortcut
}

// openingOf is a slash command without a branch.
func openingOf(c slack.SlashCommand) opening {
	return opening{Trigger: c.TriggerID, place: place{
		User: c.UserID, Team: c.TeamID, Enterprise: enterprise(c.IsEnterpriseInstall, c.EnterpriseID), Channel: c.ChannelID, Way: store.WayCommand,
	}}
}

// openForm opens the form for a new environment, beside: the trigger lives for three seconds, so nothing is asked before. What
// has to be asked is filled in when the form is on the screen. It is false when too much is under way.
func (b *Bot) openForm(o opening) bool {
	return b.beside.run(triggerLife+formTimeout, func(ctx context.Context) {
		speaks, _ := b.atOnceTo(o.User)
		apps := b.offered(ctx, o.place)
		if len(apps) == 0 {
			b.openRefusal(ctx, o)
			return
		}
		f := form{Apps: apps, App: apps[0].Name, Origin: o.Channel}
		if isChannel(o.Channel) {
			f.Where = o.Channel
		}
		if o.Message != nil {
			f.Note, f.Blank = say(formReading), true
		}
		opened, ok := b.open(ctx, o, f.view(speaks.texts))
		if !ok {
			return
		}
		b := b.to(ctx, o.User)
		b.fill(ctx, o, &f)
		f.Blank = false
		b.refresh(ctx, opened, f.view(b.texts))
	})
}

// open opens a view. Where that comes to nothing the person is told another way, once: a form that a second delivery of the
// same letter has opened is there.
func (b *Bot) open(ctx context.Context, o opening, v slack.ModalViewRequest) (*slack.View, bool) {
	quick, cancel := context.WithTimeout(ctx, triggerLife)
	defer cancel()
	opened, err := b.slackAPI.OpenViewContext(quick, o.Trigger, v)
	if err == nil {
		return &opened.View, true
	}
	if codeOf(err) == "exchanged_trigger_id" {
		return nil, false
	}
	b.log.Warn("open view", "view", v.CallbackID, "error", err)
	l, err := letter("unopened/"+o.Trigger, slackLane(o.User), "slack", letterClick, clicked{place: o.place, Action: actionNew})
	if err == nil {
		_, err = b.receive(ctx, l)
	}
	if err != nil {
		b.log.Error("keep letter", "kind", letterClick, "error", err)
	}
	b.dispatcher.wake()
	return nil, false
}

// refresh brings a view up to date, unless it is not there any more. conflict is true when it was changed meanwhile.
func (b *Bot) refresh(ctx context.Context, v *slack.View, to slack.ModalViewRequest) (conflict bool) {
	_, err := b.slackAPI.UpdateViewContext(ctx, to, "", v.Hash, v.ID)
	if err != nil && !slices.Contains([]string{"hash_conflict", "not_found", "view_not_found"}, codeOf(err)) {
		b.log.Warn("update view", "view", to.CallbackID, "error", err)
	}
	return codeOf(err) == "hash_conflict"
}

// latest remembers the newest choice made in each form, so that one that was made before does not undo it.
type latest struct {
	mu sync.Mutex
	of map[string]string // time of the choice, by view
}

// note keeps a choice, unless a newer one is known.
func (l *latest) note(view, at string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.of) > 1000 {
		clear(l.of)
	}
	if at > l.of[view] {
		l.of[view] = at
	}
}

// is tells whether no newer choice is known.
func (l *latest) is(view, at string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return at >= l.of[view]
}

// fill finds out what a form has in it at first: the branch that a message speaks of, and the channel for the story.
func (b *Bot) fill(ctx context.Context, o opening, f *form) {
	app := f.Apps[0]
	if home := b.appAt(ctx, o.Channel, f.Apps); home != nil {
		app = *home
	}
	if o.Message != nil {
		var found *match
		if app, found, f.Note = b.spokenOf(ctx, *o.Message, app, f.Apps); found != nil {
			f.Branch, f.About = b.texts.option(*found), b.about(ctx, app, found.Branch)
		}
	}
	f.App = app.Name
	f.Where = b.whereAtFirst(ctx, o.Channel, app)
	b.refs.renew(app.Repo) // so that the search finds something
}

// appAt is the app whose channel that is, nil when it is none's or more than one's.
func (b *Bot) appAt(ctx context.Context, channel string, apps []App) *App {
	var found *App
	for _, a := range apps {
		if channel != "" && a.Channel != "" && b.home(ctx, a) == channel {
			if found != nil {
				return nil
			}
			found = &a
		}
	}
	return found
}

// whereAtFirst is the channel that a form proposes: the one it was opened in, else the app's; none where the bot may not write.
func (b *Bot) whereAtFirst(ctx context.Context, origin string, app App) string {
	for _, channel := range []string{origin, b.home(ctx, app)} {
		if isChannel(channel) && b.slack.inChannel(ctx, channel, b.opt.Now()) {
			return channel
		}
	}
	return ""
}

// isChannel tells a channel from direct messages and from nothing.
func isChannel(id string) bool { return strings.HasPrefix(id, "C") || strings.HasPrefix(id, "G") }

// about tells what becomes of a branch when the form is sent; nil where there is nothing to say before.
func (b *Bot) about(ctx context.Context, app App, branch string) *store.Detail {
	e, err := b.look(ctx, b.id(app, branch))
	if err != nil || unwanted(e, b.opt.Now()) {
		return nil
	}
	if e.Spec.Asleep {
		return say(formAsleep, branch)
	}
	return say(formThere, branch, sha(e.Spec.Commit))
}

// chosen deals with a choice in a form that changes the rest of it: another app has other branches, a branch may be up.
func (b *Bot) chosen(c slack.InteractionCallback, at string) bool {
	b.choices.note(c.View.ID, at)
	return b.beside.run(formTimeout, func(ctx context.Context) {
		b := b.to(ctx, c.User.ID)
		apps := b.offered(ctx, formPlace(c))
		if len(apps) == 0 {
			return // whoever sends the form is told why
		}
		s := readForm(c.View, apps)
		f := form{Apps: apps, App: s.App.Name, Origin: s.memory.Origin, Where: s.Proposed, Branch: s.Pick}
		b.refs.renew(s.App.Repo)
		if s.Pick != nil {
			branch, wrong := b.picked(ctx, s.App, s.Pick.Value)
			if f.About = wrong; wrong == nil {
				f.About = b.about(ctx, s.App, branch)
			}
		}
		// What changed meanwhile may be what the form was filled with at first. The newest choice is right all the same.
		if view := c.View; b.refresh(ctx, &view, f.view(b.texts)) && b.choices.is(view.ID, at) {
			view.Hash = ""
			b.refresh(ctx, &view, f.view(b.texts))
		}
	})
}

// filled is what somebody chose in a form.
type filled struct {
	App      App
	Block    string                   // of the branch
	Pick     *slack.OptionBlockObject // of the branch; nil: none
	Keep     time.Duration
	Where    string // channel; empty: none
	Proposed string // channel that the form proposed
	memory   formMemory
}

// readForm reads what is filled in.
func readForm(v slack.View, apps []App) filled {
	s := filled{App: apps[0]}
	_ = json.Unmarshal([]byte(v.PrivateMetadata), &s.memory) // a form of an older version remembers nothing
	if v.State == nil {
		s.Block = blockBranch + ":" + s.App.Name
		return s
	}
	values := v.State.Values
	for _, a := range apps {
		if a.Name == values[blockApp][elementApp].SelectedOption.Value {
			s.App = a
		}
	}
	s.Block = blockBranch + ":" + s.App.Name
	if o := values[s.Block][elementBranch].SelectedOption; o.Value != "" {
		s.Pick = &o
	}
	if d, err := time.ParseDuration(values[blockKeep][elementKeep].SelectedOption.Value); err == nil && d > 0 && d <= longestExtension {
		s.Keep = d
	}
	for block := range values {
		if channel, ok := strings.CutPrefix(block, blockWhere+":"); ok {
			s.Proposed, s.Where = channel, values[block][elementWhere].SelectedConversation
		}
	}
	return s
}

// suggest answers who types into the search of a form, from memory: a list that is a little old is better than one that comes
// late. Only where nothing known fits GitHub is asked again first, for perhaps somebody looks for what he has just pushed.
func (b *Bot) suggest(ctx context.Context, c slack.InteractionCallback) any {
	speaks, _ := b.atOnceTo(c.User.ID)
	app, ok := b.app(appOfBlock(c.BlockID))
	if !ok || len(b.offered(ctx, formPlace(c), app)) == 0 {
		return suggestions{Options: []*slack.OptionBlockObject{}}
	}
	l, ok := b.refs.late(ctx, app.Repo)
	if !ok {
		b.log.Warn("search branches: GitHub has not answered yet", "repo", app.Repo)
	}
	found := l.search(c.Value, b.apps(), optionsMost)
	if ok && !anyKnown(found) {
		l = b.refs.again(ctx, app.Repo)
		found = l.search(c.Value, b.apps(), optionsMost)
	}
	return suggestions{Options: speaks.texts.optionsOf(found)}
}

// offeredTime is how long Slack may take to tell what somebody may see while a form waits for it.
const offeredTime = time.Second

// offered are the apps, of those that are named or else of all, that are shown to somebody in a form.
func (b *Bot) offered(ctx context.Context, p place, of ...App) []App {
	ctx, cancel := context.WithTimeout(ctx, offeredTime)
	defer cancel()
	if len(of) == 0 {
		of = b.apps()
	}
	return b.shown(ctx, p, of)
}

// formPlace is where a form was asked for.
func formPlace(c slack.InteractionCallback) place {
	p := viewedBy(c, store.WayModal)
	var memory formMemory
	_ = json.Unmarshal([]byte(c.View.PrivateMetadata), &memory) // a form of an older version remembers nothing
	p.Channel = memory.Origin
	return p
}

// suggestions answer a search; slack-go's own type leaves an empty list out.
type suggestions struct {
	Options []*slack.OptionBlockObject `json:"options"`
}
