package bot

func checksEN() map[string]phrase {
	const install = "Open the app on api.slack.com/apps, "
	return map[string]phrase{
		checkToken:        {"Slack refuses the token ({0}).", "Without it nothing can be received or told.", install + "install it to the workspace again, and put the new tokens into the configuration."},
		checkTokenKind:    {"Slack says that the token is of the wrong kind.", "The bot token begins with xoxb-, the app token with xapp-.", "Put each where it belongs; the app token is made under Basic Information, App-Level Tokens, with the scope connections:write."},
		checkScopes:       {"The Slack app lacks scopes: {0}.", "Some of what {bot} does would be refused.", install + "add them under OAuth & Permissions (connections:write belongs to the app token), and install it again."},
		checkNotInstalled: {"The Slack app is not installed or not active in the workspace ({0}).", "Nothing can be received or told.", install + "and install it; if it is, ask an administrator of the workspace to allow it."},
		checkSlack:        {"Slack does not answer.", "Nothing can be received or told.", "Look whether this machine may reach slack.com by HTTPS."},
		checkGitHubToken:  {"GitHub refuses the token.", "No branch can be looked up.", "Make a new token with read access to contents and metadata, and put it into the configuration."},
		checkGitHubRepo:   {"GitHub shows no repository {0} to this token.", "Its branches cannot be brought up.", "Correct the name in the configuration, or give the token read access to it."},
		checkGitHub:       {"GitHub does not answer.", "No branch can be looked up.", "Look whether this machine may reach the address of GitHub's API."},
	}
}
