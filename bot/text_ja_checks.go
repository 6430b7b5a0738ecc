package bot

func checksJA() map[string]phrase {
	const install = "api.slack.com/apps でアプリを開き、"
	return map[string]phrase{
		checkToken:        {"Slack がトークンを拒否しました（{0}）。", "トークンがないと、何も受信できず、何も知らせられません。", install + "ワークスペースに再インストールして、新しいトークンを設定してください。"},
		checkTokenKind:    {"Slack のトークンの種類が違います。", "ボットトークンは xoxb- で、アプリトークンは xapp- で始まります。", "それぞれ正しい場所に設定してください。アプリトークンは Basic Information の App-Level Tokens で、スコープ connections:write を付けて作成します。"},
		checkScopes:       {"Slack アプリのスコープが足りません: {0}", "{bot} の操作の一部が拒否されます。", install + "OAuth & Permissions で追加し（connections:write はアプリトークン側です）、再インストールしてください。"},
		checkNotInstalled: {"Slack アプリがワークスペースにインストールされていないか、無効になっています（{0}）。", "何も受信できず、何も知らせられません。", install + "インストールしてください。インストール済みの場合は、ワークスペースの管理者に許可を依頼してください。"},
		checkSlack:        {"Slack から応答がありません。", "何も受信できず、何も知らせられません。", "このマシンから slack.com へ HTTPS で接続できるか確認してください。"},
		checkGitHubToken:  {"GitHub がトークンを拒否しました。", "ブランチを調べられません。", "Contents と Metadata の読み取り権限を持つトークンを新しく作成し、設定してください。"},
		checkGitHubRepo:   {"このトークンでは GitHub のリポジトリ {0} が見えません。", "そのブランチの環境は立ち上げられません。", "設定の名前を直すか、トークンに読み取り権限を付けてください。"},
		checkGitHub:       {"GitHub から応答がありません。", "ブランチを調べられません。", "このマシンから GitHub の API へ接続できるか確認してください。"},
	}
}
