package bot

func reportJA() map[string]phrase {
	return map[string]phrase{
		reportQueued:      {Say: "順番を待っています。"},
		reportDeploying:   {Say: "デプロイ中です。"},
		reportUp:          {Say: "デプロイされ、稼働しています。"},
		reportFailed:      {Say: "{0}: {1}"},
		reportAsleep:      {Say: "スリープ中です。データは残っています。"},
		reportRemoving:    {Say: "削除中です。"},
		reportRemoved:     {Say: "削除されました。"},
		reportSuperseded:  {Say: "新しいコミットに置き換えられました。"},
		reportReplaced:    {Say: "新しいコミットが稼働するまで、こちらが稼働します。"},
		reportNeverServed: {Say: "稼働する前に削除されました。"},
		reportServedOnce:  {Say: "稼働していましたが、その後削除されました。"},

		reportPrompt:   {Say: "Slack で使えるコマンド:"},
		reportThread:   {Say: "詳しい経過は Slack で"},
		reportNothing:  {Say: "URL、データベース、Redis のキーはすべて削除されました。"},
		reportLogLines: {Say: "ログの最後の部分"},
		reportChanges:  {Say: "データベースの構造の変更点: {0} 件"},

		checkGitHubTell: {"{bot} は GitHub の {1} に {0:word} を書き込めません。", "この通知は休止し、ときどき再試行します。ほかの処理は続きます。", "GitHub のトークンまたはアプリに権限 {2} を付けるか、`github.tell` から {3} を外してください。"},

		"report.what.deployments":  {Say: "デプロイメント"},
		"report.what.statuses":     {Say: "コミットステータス"},
		"report.what.comments":     {Say: "プルリクエストへのコメント"},
		"report.what.environments": {Say: "環境"},
	}
}
