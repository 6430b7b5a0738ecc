package bot

import "qabot/store"

func gitHubJA() map[string]phrase {
	return map[string]phrase{
		labelForPull:      {Say: "プルリクエスト {0} 用"},
		labelUnlabelled:   {Say: "プルリクエスト {0} のラベルが外されました"},
		labelClosed:       {Say: "プルリクエスト {0} がクローズされました"},
		labelMerged:       {Say: "プルリクエスト {0} がマージされました"},
		labelDeletedBy:    {Say: "{0} がブランチを削除しました"},
		store.EventMissed: {Say: "{bot} が気づくのが遅れました。発生日時: {1:date}"},
		missedDeletion:    {Say: "*{0}* が {1:date} にブランチを削除しました。{bot} が気づくのが遅れました。"},

		"verb." + verbLabelled:   {Say: "プルリクエストのラベル"},
		"verb." + verbUnlabelled: {Say: "プルリクエストのラベルの解除"},
		"verb." + verbClosed:     {Say: "プルリクエストのクローズ"},
		"verb." + verbMerged:     {Say: "プルリクエストのマージ"},

		checkGitHubApp:     {"GitHub が GitHub App を拒否しました。", "ブランチを調べられません。", "App の ID を `github.app.id` に、秘密鍵を `QABOT_GITHUB_APP_KEY` に設定してください。どちらも App の設定ページにあります。"},
		checkGitHubInstall: {"GitHub App が {0} にインストールされていないか、停止されています。", "そのブランチの環境は立ち上げられません。", "そのリポジトリに App をインストールするか、`github.app.installation` を直してください。"},
	}
}
