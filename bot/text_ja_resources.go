package bot

import "qabot/store"

const (
	retryJA = "その後 `{cmd} retry {branch}` と入力してください。"
	waitJA  = "そのままお待ちください。自動的に続きを進めます。"
	calmJA  = "失われるものはありません。{bot} が自動的に再試行し、続きから進めます。"
	lastsJA = "対応は不要です。長く続く場合は {bot} の管理者に知らせてください。"
	logJA   = "詳しい内容は {bot} の管理者がログで確認できます。"
)

func resourcesJA() map[string]phrase {
	return map[string]phrase{
		store.Unreachable: {"{0:list} から応答がありません。", calmJA, lastsJA},
		store.Denied:      {"{bot} には {1} に対する AWS の操作 `{0}` の権限がありません。", "権限が付与されるまで、この環境は先へ進めません。", "{bot} の管理者に権限の付与を依頼してください。" + retryJA},
		store.Paced:       {"AWS が 1 秒間に受け付けるリクエスト数には上限があり、ほかの環境の処理が先に行われています。", calmJA, lastsJA},
		store.Retrying:    {"まだうまくいっていません。", calmJA, lastsJA},
		store.Foreign:     {"{0:word} `{1}` はすでに存在しますが、{bot} のものではありません。", "手を付けずに残すため、このブランチではその名前を使えません。", "{bot} の管理者に確認を依頼してください。" + retryJA},
		store.AppMissing:  {"アプリ `{0}` が設定にありません。", "このアプリの環境は、立ち上げることも削除することもできません。", "{bot} の管理者に、設定を元に戻すか、残っているものを片付けるよう依頼してください。" + logJA},
		store.Broke:       {"{bot} の内部で問題が起きました。参照番号は `{0}` です。", "環境は今の状態のまま待機しています。", "`{cmd} retry {branch}` と入力してください。再発する場合は、参照番号を {bot} の管理者に伝えてください。"},

		store.BuildQueued:    {"ビルドの順番を待っています。", "", ""},
		store.BuildRunning:   {"ビルド中: {0}", "", ""},
		store.BuildFailed:    {"ビルドがフェーズ {0} で失敗しました。", "このコミットのイメージは作成されていません。", "修正してプッシュするか、`{cmd} retry {branch}` と入力して同じコミットをもう一度ビルドしてください。"},
		store.BuildStopped:   {"ビルドが誰かに停止されました。", "このコミットのイメージは作成されていません。", "`{cmd} retry {branch}` と入力して、もう一度ビルドしてください。"},
		store.BuildTimeout:   {"ビルドがプロジェクトの制限時間を超えたため、フェーズ {0} で打ち切られました。", "このコミットのイメージは作成されていません。", "`{cmd} retry {branch}` と入力してください。再発する場合は、ビルドを短くしてプッシュするか、ビルドプロジェクトの制限時間の延長を {bot} の管理者に依頼してください。"},
		store.BuildQuota:     {"AWS は現在、これ以上のビルドを受け付けていません（`{0}`）。", "AWS アカウントのほかのビルドが終わると始まります。", waitJA + "{bot} の管理者は AWS に上限の引き上げを申請できます。"},
		store.BuildNoQuota:   {"この AWS アカウントではビルドできません。同時ビルド数の上限が 0 です。", "新しいアカウントの初期値です。AWS が上限を引き上げるまで、ビルドは待機します。", "Service Quotas の CodeBuild で引き上げを申請するよう {bot} の管理者に依頼してください（小さい Linux 環境のコードは `L-9D07B6EF`）。その後は自動的に続きを進めます。"},
		store.BuildUnbegun:   {"ビルド環境が時間内に空きませんでした（フェーズ {0}）。", "プロジェクトの待機時間の上限まで AWS の順番を待ちましたが、ビルドは始まりませんでした。", "`{cmd} retry {branch}` と入力してください。再発する場合は、同時ビルド数の上限の引き上げを {bot} の管理者に依頼してください。"},
		store.BuildLimited:   {"レジストリがこれ以上のイメージの取得を拒否しています（フェーズ {0}）。", "Docker Hub は同じアドレスからの取得回数を制限しており、ビルドはほかの利用者とアドレスを共有しています。このコミットに問題はありません。", "数時間おいて `{cmd} retry {branch}` と入力してください。ベースイメージを自前のレジストリ（ECR のプルスルーキャッシュ）に置くか、ビルドで Docker Hub にログインすれば解消します。設定は {bot} の管理者に依頼してください。"},
		store.BuildNoFile:    {"Dockerfile が見つかりません（フェーズ {0}）。", "このコミットのイメージは作成されていません。", "ブランチに追加してプッシュしてください。別の名前や別のフォルダーで置いてある場合は、buildspec の修正を {bot} の管理者に依頼してください。"},
		store.BuildNoImage:   {"ビルドは成功しましたが、イメージ `{0}:{1}` がありません。", "イメージがないと何も起動できません。", "ビルドがイメージをプッシュしているか確認してください。" + retryJA},
		store.PipelineUnfit:  {"パイプライン `{0}` ではビルドできません（{1:word}）。", "どのブランチのイメージも作成できません。", "パイプラインまたは設定の修正を {bot} の管理者に依頼してください。直し方は `qabot doctor` で確認できます。" + retryJA},
		store.UnfitMissing:   {Say: "存在しません"},
		store.UnfitMode:      {Say: "ブランチどうしの実行が追い越し合います"},
		store.UnfitVariables: {Say: "{bot} が設定する変数が宣言されていません"},
		store.UnfitUnread:    {Say: "アクションの変数を読み取れません"},
		store.UnfitSource:    {Say: "指定されたソースアクションがありません"},
		store.UnfitBuild:     {Say: "CodeBuild でビルドするアクションがありません"},

		store.ImageThere: {"ビルド済み", "", ""},

		store.SchemaCreating:   {"作成しています。", "", ""},
		store.SchemaThere:      {"データベース `{0}`", "", ""},
		store.SchemaUnisolated: {"データベース `{0}` のアカウントが、ほかのデータベースにもアクセスできる状態です。", "ほかのデータを守るため、このアカウントでは何も起動しません。", "{bot} の管理者に権限の確認を依頼してください。" + retryJA},
		store.SchemaBestEffort: {"データベース `{0}`（専用アカウントなし）", "", ""},
		store.SchemaRefused:    {"MySQL が {bot} の操作 `{0}` を拒否しました。", "この環境のデータベースを作成できません。", "{bot} の管理者に、足りない権限の付与を依頼してください。" + retryJA},

		store.KeyspaceThere:        {"データベース {1} のプレフィックス `{0}`", "", ""},
		store.KeyspaceShared:       {"データベース {1} のプレフィックス `{0}`（専用アカウントなし）", "", ""},
		store.KeyspaceNumber:       {"データベース {0}", "", ""},
		store.KeyspaceNumberShared: {"データベース {0}（専用アカウントなし）", "", ""},
		store.KeyspaceEmptied:      {"残り {0} キー", "", ""},
		store.KeyspaceEmptying:     {"{0} キーを確認済み", "", ""},
		store.KeyspaceFull:         {"Redis のデータベース番号 {0} から {1} まではすべて使用中です: `{2}`", "環境をこれ以上追加できません。", "このうち不要な環境を削除してください。" + retryJA},
		store.KeyspaceCrowded:      {"Redis のデータベース番号 {0} から {1} まではすべて使用中です: `{2}`。`{3}` には {bot} 以外のキーがあります。", "環境をこれ以上追加できません。", "このうち不要な環境を削除するか、{bot} の管理者に番号の追加を依頼してください。" + retryJA},
		store.KeyspaceRefused:      {"設定 `{0}` を Redis が許可していません。", "Redis の領域を用意できないため、この環境では何も起動できません。", "{bot} の管理者に伝えてください。理由は `qabot doctor` で確認できます。" + retryJA},
		store.KeyspaceUnisolated:   {"Redis のアカウント `{0}` が、ほかのキーにもアクセスできる状態です。", "ほかのデータを守るため、このアカウントでは何も起動しません。", "{bot} の管理者に Redis のアカウントの確認を依頼してください。" + retryJA},

		store.RedisThere:     {"専用（メモリのみ）", "", ""},
		store.RedisNoAddress: {"専用の Redis にはタスクごとの IP アドレスが必要ですが、`{0}` のタスクにはありません。", "Redis を用意できないため、この環境では何も起動できません。", "{bot} の管理者に連絡してください。ステージングのサービスをネットワークモード `awsvpc` と IPv4 のサブネットにするか、`redis.mode` を変える必要があります。" + retryJA},

		store.RouteThere:                                {"登録済み", "", ""},
		store.PortsFull:                                 {"ポート {0} から {1} まではすべて使用中です。", "環境をこれ以上追加できません。", "不要な環境を削除してください。`{cmd} list` で一覧を確認できます。" + retryJA},
		store.PortTaken:                                 {"ロードバランサーのポート {0} は別の用途で使われています。", "この環境はそのポートでは公開できません。", "{bot} の管理者に、ポートを空けるか対象から外すよう依頼してください。" + retryJA},
		store.ListenerMissing:                           {"ロードバランサー `{0}` にはポート {1} のリスナーがありません。", "環境の名前はそこで振り分けられるため、この環境にはアクセスできません。", "{bot} の管理者に、リスナーを作成するか `load_balancer.listener` を直すよう依頼してください。" + retryJA},
		"full.TooManyRules":                             {Say: "ルール"},
		"full.TooManyListeners":                         {Say: "リスナー"},
		"full.TooManyTargetGroups":                      {Say: "ターゲットグループ"},
		"full.TooManyUniqueTargetGroupsPerLoadBalancer": {Say: "ターゲットグループ"},
		store.BalancerFull:                              {"ロードバランサー `{0}` に空きがありません（上限: {1:word}）。", "AWS の上限に達したため、環境をこれ以上追加できません。", "不要な環境を削除してください。`{cmd} list` で一覧を確認できます。" + retryJA},

		store.MigrationRunning: {"実行中: {0}", "", ""},
		store.MigrationFailed:  {"マイグレーションがフェーズ {0} で失敗しました。", "新しいバージョンは起動しません。以前のバージョンがあれば、そのまま稼働します。", "修正してプッシュするか、`{cmd} retry {branch}` と入力して同じマイグレーションをもう一度実行してください。"},
		store.MigrationTimeout: {"マイグレーションがプロジェクトの制限時間を超えたため、フェーズ {0} で打ち切られました。", "途中まで実行されている可能性があります。新しいバージョンは起動しません。以前のバージョンがあれば、そのまま稼働します。", "短くしてプッシュするか、`{cmd} retry {branch}` と入力して同じマイグレーションをもう一度実行してください。途中まで実行された変更のために失敗する場合は、`{cmd} data reset {branch}` でデータを作り直せます。"},
		store.MigrationExited:  {"マイグレーションが終了コード {0} で終了しました。", "新しいバージョンは起動しません。以前のバージョンがあれば、そのまま稼働します。", "修正してプッシュするか、`{cmd} retry {branch}` と入力して同じマイグレーションをもう一度実行してください。"},
		store.MigrationDone:    {"完了", "", ""},

		store.TasksStarting:   {"{1} 台中 {0} 台が稼働", "", ""},
		store.TasksUnhealthy:  {"{1} 台中 {0} 台が稼働、ヘルスチェック待ち", "", ""},
		store.TasksRunning:    {"{1} 台中 {0} 台が稼働", "", ""},
		store.RolloutFailed:   {"起動した状態を維持できませんでした: {0}", "新しいバージョンは公開されません。以前のバージョンがあれば、そのまま稼働します。", "ログを確認し、修正してプッシュするか、`{cmd} retry {branch}` と入力してください。"},
		store.RolledBack:      {"起動した状態を維持できませんでした: ECS が以前のバージョンに戻しました。", "新しいバージョンは公開されません。以前のバージョンがあれば、そのまま稼働します。", "ログを確認し、修正してプッシュするか、`{cmd} retry {branch}` と入力してください。"},
		store.StagingMissing:  {"クラスター `{1}` に staging のサービス `{0}` がありません。", "すべての環境の元になるサービスのため、何も起動できません。", "{bot} の管理者に設定の修正を依頼してください。" + retryJA},
		store.ServiceDraining: {"処理中のリクエストの完了を待っています。", "", ""},
		store.ServiceAsleep:   {"スリープ中", "", ""},
	}
}
