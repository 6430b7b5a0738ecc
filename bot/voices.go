package bot

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

const (
	voiceKept    = 6 * time.Hour    // the language of somebody's Slack
	voiceDoubted = 10 * time.Minute // that it could not be found out
	voiceTimeout = 3 * time.Second
	voicesMost   = 20000 // then all are asked for anew
)

// voices knows the language of people's Slack, as far as it is one of ours.
type voices struct {
	api *slack.Client
	now func() time.Time

	mu    sync.Mutex
	known map[string]voice // by user
}

type voice struct {
	language string // empty: none of ours, or not to be found out
	until    time.Time
}

func newVoices(api *slack.Client, now func() time.Time) *voices {
	return &voices{api: api, now: now, known: map[string]voice{}}
}

// recall gives what is known without asking; ok is false where Slack has to be asked.
func (v *voices) recall(user string) (language string, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	is := v.known[user]
	return is.language, v.now().Before(is.until)
}

// find gives the language of somebody's Slack, empty when the installation's has to do.
func (v *voices) find(ctx context.Context, user string) (language string, err error) {
	if language, ok := v.recall(user); ok || user == "" {
		return language, nil
	}
	ctx, cancel := context.WithTimeout(ctx, voiceTimeout)
	defer cancel()
	is := voice{until: v.now().Add(voiceKept)}
	person, err := v.api.GetUserInfoContext(ctx, user) // with include_locale
	if err == nil {
		is.language = ours(person.Locale)
	} else {
		is.until = v.now().Add(voiceDoubted)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= voicesMost {
		clear(v.known)
	}
	v.known[user] = is
	return is.language, err
}

// ours is the language of a locale such as ja-JP, empty when the catalogue has none for it.
func ours(locale string) string {
	tongue, _, _ := strings.Cut(locale, "-")
	for _, l := range Languages() {
		if l == tongue {
			return l
		}
	}
	return ""
}

// to is the bot as it speaks to one person: what is whispered, a dialogue or a home is in the language of that person's Slack.
// Threads are read by many and stay in the installation's.
func (b *Bot) to(ctx context.Context, user string) *Bot {
	language, err := b.voices.find(ctx, user)
	if err != nil {
		b.log.Info("ask for the language of a user", "user", user, "error", err)
	}
	return b.speaking(language)
}

// atOnceTo is to without asking Slack; sure is false while the person's language is not known.
func (b *Bot) atOnceTo(user string) (speaks *Bot, sure bool) {
	language, ok := b.voices.recall(user)
	return b.speaking(language), ok
}

func (b *Bot) speaking(language string) *Bot {
	if language == "" || language == b.texts.language {
		return b
	}
	other := *b
	other.texts = b.opt.words(language)
	return &other
}

// words is the catalogue with the names of this installation in it.
func (o Options) words(language string) texts {
	return catalogue(language).with("cmd", o.Command).with("bot", "qabot")
}
