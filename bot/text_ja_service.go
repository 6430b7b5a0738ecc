package bot

import "qabot/store"

const (
	keepsJA = "新しいバージョンは公開されません。以前のバージョンがあれば、そのまま稼働します。"
	againJA = "修正してプッシュするか、`{cmd} retry {branch}` と入力して同じバージョンをもう一度起動してください。"
)

// serviceJA says what happens to the tasks of a role.
func serviceJA() map[string]phrase {
	return map[string]phrase{
		store.TasksAnswering: {"{1} 台中 {0} 台が稼働、ただし `{2}` の応答は {3}", "200 を返すまで、ロードバランサーはアクセスを振り分けません。", waitJA},
		store.TasksNoRoom:    {"AWS に空きがないため（{0}）、起動を繰り返し要求しています", "このバージョンに問題はありません。空きができ次第、起動します。", lastsJA},

		store.TaskExited:   {"コンテナ `{0}` が終了コード {1} で終了しました。", keepsJA, "ログの最後の部分に原因が出ていることがほとんどです。" + againJA},
		store.TaskEnded:    {"コンテナ `{0}` がエラーなしで終了しました。", "サービスは動き続ける必要があり、終了したコンテナはアクセスを受け付けません。" + keepsJA, "起動コマンドがサーバーをフォアグラウンドで動かしているか確認してください。" + againJA},
		store.TaskKilled:   {"コンテナ `{0}` が強制終了されました（終了コード 137）。", "多くの場合、上限の {1} MiB を超えるメモリーが必要だったことを意味します。" + keepsJA, "メモリー使用量を減らすか、staging のサービスのメモリーを増やすよう {bot} の管理者に依頼してください。" + retryJA},
		store.TaskNoMemory: {"コンテナ `{0}` のメモリーが足りなくなりました。", "上限の {1} MiB を超えるメモリーが必要でした。" + keepsJA, "メモリー使用量を減らすか、staging のサービスのメモリーを増やすよう {bot} の管理者に依頼してください。" + retryJA},
		store.TaskNoImage:  {"AWS がイメージ `{0}` を取得できませんでした。", "イメージがないと何も起動できません。" + keepsJA, "`{cmd} retry {branch}` と入力してください。再発する場合は、イメージの有無と、タスクからの取得権限や経路の確認を {bot} の管理者に依頼してください。"},
		store.TaskNoSecret: {"AWS が `{0}` のシークレットを読み取れませんでした。", "コンテナの起動に必要な値です。" + keepsJA, "シークレットの有無と、実行ロールの読み取り権限の確認を {bot} の管理者に依頼してください。" + retryJA},
		store.TaskNoStart:  {"コンテナ `{0}` を起動できませんでした: {1}", keepsJA, "起動コマンドがイメージに含まれているか確認してください。含まれている場合は {bot} の管理者に相談してください。" + retryJA},
		store.TaskSick:     {"`{0}` のヘルスチェックに、200 ではなく {1} が返りました。", "正常でないバージョンには、ロードバランサーがアクセスを振り分けません。" + keepsJA, "手元の環境でこのバージョンの `{0}` を開いて確認し、修正してプッシュするか、`{cmd} retry {branch}` と入力してください。"},
		store.TaskSilent:   {"`{0}` のヘルスチェックに、時間内に応答がありませんでした。", "コンテナは動いていますが、ポートで待ち受けていないか、応答が遅すぎます。" + keepsJA, "サーバーが起動しているかログを確認してください。" + againJA},
		store.TaskUnfit:    {"コンテナ `{0}` は動いていますが、コンテナ自身のヘルスチェックに失敗しています。", keepsJA, "コンテナの中でヘルスチェックのコマンドを試してください。" + againJA},

		store.EventDrift:    {Say: "*{0}*: {1} が AWS 上で手動で変更されました（{2:words}）。元に戻します。対応は不要です。"},
		store.EventLost:     {Say: "*{0}*: 専用の Redis が起動し直されたため、中のデータは失われました（メモリにのみ保持しています）。各サービスには新しいアドレスが渡されます。対応は不要です。"},
		store.DriftCount:    {Say: "タスク数"},
		store.DriftCapacity: {Say: "タスクの実行基盤"},
		store.DriftNetwork:  {Say: "ネットワーク"},
		store.DriftHealth:   {Say: "ヘルスチェック"},
		store.DriftRouting:  {Say: "ロードバランサーへの登録"},
		store.DriftRollout:  {Say: "新旧バージョンの切り替え方"},
		store.DriftVersion:  {Say: "稼働するバージョン"},
		store.DriftSettings: {Say: "設定"},
		store.DriftGone:     {Say: "削除"},

		hintConnections: {"ログからのヒント: データベースがこれ以上の接続を受け付けていません。", "データベースは多くの環境で共有しており、上限に達した可能性があります。ログの最後の部分からの推測にすぎません。", "不要な環境を削除する（`{cmd} list`）か、しばらく待ってください。" + retryJA},
		hintShare:       {"ログからのヒント: この環境に割り当てられたデータベース接続数を使い切っています。", "1 つの環境に許された数より多くの接続を開いています。ログの最後の部分からの推測にすぎません。", "接続プールを小さくするか、割り当てを増やすよう {bot} の管理者に依頼してください。" + retryJA},
	}
}
