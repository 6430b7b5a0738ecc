package bot

import "qabot/store"

const doubtJA = "動いてはいますが、どのコミットが見えているかは確認できません。"

func questionsJA() map[string]phrase {
	return map[string]phrase{
		labelProven:   {Say: "`{1}` を返すことを確認済み: {0:list}"},
		labelUnproven: {Say: "*{0}* は `{1}` で稼働していますが、別のものを返すところがあります。"},
		labelUntold:   {Say: "*{0}* は `{1}` で稼働していますが、何を返しているか確認できないところがあります。"},
		labelUsually:  {Say: "通常 `{0}`"},
		unitAbout:     {Say: "約 {0} 分"},

		answerNoRole:   {"ロール `{0}` はありません。", "何も調べていません。", "使えるロール: {1:list}。`{cmd} logs <branch> <role>` と入力してください。"},
		answerNoAnswer: {"今は調べられません。", sameJA, "1 分ほど待ってから、もう一度お試しください。続く場合は {bot} の管理者に伝えてください。"},

		labelLogs:          {Say: "*{1}* のログの末尾（`{0}`）:"},
		labelLogsShow:      {Say: "ログ"},
		labelLogsOf:        {Say: "{0} のログ"},
		labelNoLogs:        {Say: "*{0}* のタスクはまだ動いたことがないため、ログはありません。"},
		labelLogsElsewhere: {Say: "CloudWatch にはログを出していません。"},
		labelCloudWatch:    {Say: "CloudWatch で見る"},
		labelRunsSince:     {Say: "{0:date} から稼働中"},
		labelEndedAt:       {Say: "{0:date} に終了: {1}"},

		servesHead:    {Say: "*{0}* は {2:date} から `{1}` = ブランチの先頭を返しています（確認済み）。"},
		servesBehind:  {Say: "*{0}* は {2:date} から `{1}` を返しています（確認済み）。ブランチの先頭は `{3}` です。"},
		servesOnly:    {Say: "*{0}* は {2:date} から `{1}` を返しています（確認済み）。"},
		servesOther:   {Say: "*{0}* は {2:date} から、`{3}` ではなく `{1}` を返しています。"},
		servesNothing: {Say: "*{0}* は現在何も返していません。"},
		runsHead:      {Say: "*{0}* は {2:date} から `{1}` = ブランチの先頭で動いています。確認用のパスはありません。"},
		runsBehind:    {Say: "*{0}* は {2:date} から `{1}` で動いています。確認用のパスはありません。ブランチの先頭は `{3}` です。"},
		runsOnly:      {Say: "*{0}* は {2:date} から `{1}` で動いています。確認用のパスはありません。"},

		answerWakingUntil:     {Say: "`{0}` を再開します。{1:date} まで動き続けます。"},
		answerNothingToCancel: {"`{0}` はデプロイ中ではないため、中止するものはありません。", sameJA, "`{cmd} down {0}` で削除、`{cmd} status {0}` で状態を確認できます。"},
		answerNothingOlder:    {"`{0}` は `{1}` で起動し直しているところで、戻る先の古いバージョンがありません。", "処理は続きます。", "`{cmd} down {0}` で削除できます。"},
		answerCancelledFirst:  {Say: "中止しました。`{0}` のためにここまで作成したものは削除します。"},
		answerCancelled:       {"中止しました。`{0}` は `{1}` のままで、`{2}` は取りやめます。", "実行中のマイグレーションは最後まで行われ、その変更はデータベースに残ります。", "やはりデプロイするには `{cmd} up {0}` と入力してください。"},

		labelCancel:      {Say: "中止"},
		labelGoOn:        {Say: "続ける"},
		labelCancelSure:  {Say: "デプロイを中止しますか？"},
		labelCancelFirst: {Say: "今の手順が終わったところで止め、ここまで作成したものを削除します。"},
		labelCancelBack:  {Say: "今の手順が終わったところで止めます。{0} はそのまま使えます。実行中のマイグレーションは最後まで行われます。"},
		labelCancelling:  {Say: "中止しています"},
		labelBack:        {Say: "*{0}* は `{1}` に戻りました。デプロイは中止されました。"},
		labelDozed:       {Say: "*{0}* は利用時間外のためスリープしました。{1:date} に再開します。それより前に使うには `{cmd} wake {0}` と入力してください。"},
		labelRisen:       {Say: "*{0}* を `{1}` で再開しました。"},
		labelWakes:       {Say: "{0:date} に自動的に再開します。"},

		"verb." + verbCancel: {Say: "中止"},
		"verb." + verbDoze:   {Say: "時間外のスリープ"},
		"verb." + verbRise:   {Say: "時間による再開"},
		"help.cancel":        {"`{cmd} cancel <branch>`", "デプロイを中止します。", "今の手順が終わったところで止まり、前のバージョンがそのまま使えます。初回のデプロイは削除します。"},
		"example.cancel":     {Means: "`{cmd} cancel feature/login`、スレッドでは `@{bot} cancel`"},

		labelConnections:   {Say: "データベースへの接続: {1} のうち {0}"},
		labelLastMigration: {Say: "最後のマイグレーション: `{0}`、{1:span}、{2:date}"},
		labelLastPush:      {Say: "最後のプッシュ: {1} の `{0}`、{2:date}"},
		labelByName:        {Say: "*この環境が持つもの*"},

		"help.logs":    {"`{cmd} logs <branch> [role]`", "ロールのログの末尾を表示します。", "直前のデプロイが失敗していれば、その原因も表示します。秘密情報らしい値は隠します。"},
		"help.plan":    {"`{cmd} plan <branch>`", "`up` で何が作成されるかを表示します。何も作成しません。", "リソースの名前、ポート、データベースへの接続数が分かります。"},
		"example.logs": {Means: "`{cmd} logs feature/login worker`、スレッドでは `@{bot} logs worker`"},
		"example.plan": {Means: "`{cmd} plan feature/login`、`{cmd} plan #12`"},

		store.ServiceAsked: {Say: "返すコミットを確認中"},
		store.ProofGiven:   {Say: "*{0}* は `{1}` を返しています（確認済み）。"},
		store.ProofAsking:  {Say: "*{0}* はまだ確認していません。"},
		store.ProofOther:   {"*{0}* は `{2}` ではなく `{1}` を返しています。", "デプロイしたものとは別のバージョンが見えています。", "`{cmd} logs {branch} {0}` を確認してください。`{cmd} status {branch}` でもう一度確認できます。"},
		store.ProofStatus:  {"*{0}* が返すコミットを確認できません。`{1}` の応答は {2} です。", doubtJA, "`{1}` が 200 とコミットを返すようにするか、{bot} の管理者に設定から外すよう依頼してください。"},
		store.ProofText:    {"*{0}* が返すコミットを確認できません。`{1}` にコミットがありません。", doubtJA, "`{1}` がコミットだけ、または `commit` という JSON フィールドを返すようにしてください。"},
		store.ProofSilent:  {"*{0}* が返すコミットを確認できません。`{1}` から応答がありません。", doubtJA, "`{cmd} logs {branch} {0}` を確認してください。`{cmd} status {branch}` でもう一度確認できます。"},
	}
}
