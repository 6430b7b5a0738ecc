package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"qabot/store"
)

// proofTime is how long a form may be looked into before it is taken as it is: what is found wrong later is told another way.
const proofTime = 1800 * time.Millisecond

// wanted is the body of letterForm: a form that was filled in without a fault that could be seen at once.
type wanted struct {
	place
	App, Branch string
	For         time.Duration
}

// submitted takes a form and gives the answer within the acknowledgement: nothing, which closes it; faults; or another view.
// ack is false when Slack should tell the person that it did not work.
func (b *Bot) submitted(ctx context.Context, c slack.InteractionCallback) (payload any, ack bool) {
	b, _ = b.atOnceTo(c.User.ID)
	var l store.Letter
	var err error
	switch c.View.CallbackID {
	case callbackForm:
		s := readForm(c.View, b.apps())
		branch, faults := b.faults(ctx, c, s)
		if len(faults) > 0 {
			return slack.NewErrorsViewSubmissionResponse(faults), true
		}
		p := viewedBy(c, store.WayModal)
		p.Channel, p.Command = s.Where, true
		l, err = letter(viewKey(c.View), slackLane(p.User), "slack", letterForm, wanted{place: p, App: s.App.Name, Branch: branch, For: s.Keep})
		if s.Where != s.memory.Origin {
			payload = slack.NewUpdateViewSubmissionResponse(ref(toldView(b.texts, b.toldWhere(branch, s.Where))))
		}
	case callbackSure:
		p := viewedBy(c, store.WayHome)
		p.Home = true
		if rows := b.forbidsDown(ctx, c, p); rows != nil {
			return slack.NewUpdateViewSubmissionResponse(ref(toldView(b.texts, rows...))), true
		}
		l, err = letter(viewKey(c.View), slackLane(p.User), "slack", letterClick, clicked{place: p, Action: actionDown, Value: c.View.PrivateMetadata})
	default:
		return nil, true
	}
	if err == nil {
		_, err = b.receive(ctx, l)
	}
	if err != nil {
		b.log.Error("keep letter", "kind", l.Kind, "error", err)
		return nil, false
	}
	return payload, true
}

func viewedBy(c slack.InteractionCallback, way string) place {
	p := clickedAt(c)
	p.Way, p.Channel, p.ResponseURL, p.Ephemeral = way, "", "", false
	return p
}

// viewKey names one sending of a view: the same view, in the same state, filled in the same way. Who corrects a choice after
// an acknowledgement was lost sends another one.
func viewKey(v slack.View) string {
	filled := ""
	if v.State != nil {
		b, err := json.Marshal(v.State.Values)
		if err == nil {
			sum := sha256.Sum256(b)
			filled = hex.EncodeToString(sum[:8])
		}
	}
	return "view/" + v.ID + "/" + v.Hash + "/" + filled
}

// toldWhere says what was asked for and where its story is told.
func (b *Bot) toldWhere(branch, channel string) slack.RichTextElement {
	if channel == "" {
		return row(b.texts.mixed(b.texts.of(formToldDirect).Say, branch)...)
	}
	return row(b.texts.mixed(b.texts.of(formTold).Say, branch, slack.NewRichTextSectionChannelElement(channel, nil))...)
}

// faults looks for what is wrong with a form, by block. What cannot be found out in time is no fault.
func (b *Bot) faults(ctx context.Context, c slack.InteractionCallback, s filled) (branch string, faults map[string]string) {
	ctx, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	fault := func(block string, d store.Detail) (string, map[string]string) {
		args := shorts(d.Args, 100)
		return "", map[string]string{block: b.texts.plain(b.texts.whole(b.texts.of(d.Code), args), args...)}
	}
	if s.Pick == nil {
		return fault(s.Block, store.Say(formNothing))
	}
	branch, wrong := b.picked(ctx, s.App, s.Pick.Value)
	if wrong != nil {
		return fault(s.Block, *wrong)
	}
	if s.Where != "" && !b.slack.inChannel(ctx, s.Where, b.opt.Now()) {
		return fault(blockWhere+":"+s.Proposed, store.Say(formOutside))
	}
	p := viewedBy(c, store.WayModal)
	p.Channel = s.Where
	if words, elsewhere := b.forbidsUp(ctx, p, s.App, branch, viewKey(c.View)); elsewhere {
		return "", map[string]string{blockWhere + ":" + s.Proposed: words}
	} else if words != "" {
		return "", map[string]string{s.Block: words}
	}
	_, found, err := b.github.head(ctx, s.App.Repo, branch)
	switch {
	case errors.Is(err, errHidden):
		return fault(s.Block, store.Say(answerRepoHidden, s.App.Repo))
	case err != nil:
		b.log.Info("look into form", "repo", s.App.Repo, "branch", branch, "error", err)
	case !found:
		return fault(s.Block, store.Say(formNoBranch, branch, s.App.Repo))
	}
	return branch, nil
}

// wants obeys a form.
func (b *Bot) wants(ctx context.Context, w wanted, key string) error {
	b = b.to(ctx, w.User)
	return b.obey(ctx, w.place, command{Verb: verbUp, App: w.App, Branch: w.Branch, For: w.For}, key)
}

// appOfBlock is the app that the search of a form is for.
func appOfBlock(block string) string {
	_, app, _ := strings.Cut(block, ":")
	return app
}

// letterForm is a form that somebody filled in.
const letterForm = "form"

func readLetter[T any](l store.Letter) (body T, err error) {
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return body, fmt.Errorf("read letter: %w", err)
	}
	return body, nil
}
