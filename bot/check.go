package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"qabot/store"
)

// neededScopes of the bot token. The history scopes let a message be found again that may have been posted already.
func neededScopes() []string {
	return []string{
		"commands", "chat:write", "app_mentions:read", "im:history", "im:write", "channels:read", "groups:read",
		"channels:history", "groups:history", "users:read", "usergroups:read",
	}
}

// Check asks Slack and GitHub whether the tokens are good for what the bot does. Its error is in words for the person who
// set it up, all faults at once; nothing is changed or posted.
func (b *Bot) Check(ctx context.Context) error {
	return errors.Join(b.CheckSlack(ctx), b.CheckGitHub(ctx))
}

// CheckSlack is the part of Check that asks Slack, about both tokens.
func (b *Bot) CheckSlack(ctx context.Context) error {
	who, err := b.slackAPI.AuthTestContext(ctx)
	switch {
	case err != nil && codeOf(err) == "":
		return b.explain(fmt.Errorf("ask Slack about the bot token: %w", err)) // the app token would get no answer either
	case err != nil:
		err = b.explain(fmt.Errorf("ask Slack about the bot token: %w", err))
	default:
		err = b.checkScopes(who)
	}
	return errors.Join(err, b.checkConnections(ctx))
}

func (b *Bot) checkScopes(who *slack.AuthTestResponse) error {
	granted := who.Header.Get("X-Oauth-Scopes")
	if granted == "" {
		return nil // Slack did not say
	}
	have := strings.FieldsFunc(granted, func(r rune) bool { return r == ',' || r == ' ' })
	missing := slices.DeleteFunc(neededScopes(), func(s string) bool { return slices.Contains(have, s) })
	if len(missing) > 0 {
		return b.plainly(store.Say(checkScopes, strings.Join(missing, ", ")), nil)
	}
	return nil
}

func (b *Bot) checkConnections(ctx context.Context) error {
	if _, _, err := b.slackAPI.StartSocketModeContext(ctx); err != nil {
		return b.explain(fmt.Errorf("ask Slack about the app token: %w", err))
	}
	return nil
}

// CheckGitHub is the part of Check that asks GitHub, about every repository.
func (b *Bot) CheckGitHub(ctx context.Context) error {
	var faults []error
	seen := map[string]bool{}
	for _, a := range b.opt.Apps {
		if seen[a.Repo] {
			continue
		}
		seen[a.Repo] = true
		err := b.github.readable(ctx, a.Repo)
		switch {
		case err == nil:
		case errors.Is(err, errAppRefused):
			return b.plainly(store.Say(checkGitHubApp), err)
		case errors.Is(err, errNotInstalled):
			faults = append(faults, b.plainly(store.Say(checkGitHubInstall, a.Repo), err))
		case errors.Is(err, errHidden):
			faults = append(faults, b.plainly(store.Say(checkGitHubRepo, a.Repo), err))
		case isStatus(err, http.StatusUnauthorized), isStatus(err, http.StatusForbidden):
			return b.plainly(store.Say(checkGitHubToken), err)
		default:
			return b.plainly(store.Say(checkGitHub), err)
		}
	}
	return errors.Join(faults...)
}

// explain puts an error of Slack into words, with the step that cures it.
func (b *Bot) explain(err error) error {
	if _, ok := limited(err); ok {
		return nil // Slack answers; it only wants less
	}
	switch code := codeOf(err); code {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired":
		return b.plainly(store.Say(checkToken, code), err)
	case "not_allowed_token_type":
		return b.plainly(store.Say(checkTokenKind), err)
	case "missing_scope":
		var refused slack.SlackErrorResponse
		errors.As(err, &refused)
		return b.plainly(store.Say(checkScopes, refused.Needed), err)
	case "app_not_installed", "account_inactive", "user_removed_from_team", "team_disabled", "org_login_required":
		return b.plainly(store.Say(checkNotInstalled, code), err)
	}
	return b.plainly(store.Say(checkSlack), err)
}

func (b *Bot) plainly(d store.Detail, cause error) error {
	p := b.texts.of(d.Code)
	said := b.texts.plain(b.texts.whole(p, d.Args), d.Args...)
	if cause == nil {
		return errors.New(said)
	}
	return fmt.Errorf("%s (%w)", said, cause)
}
