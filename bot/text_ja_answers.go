package bot

const (
	nothingJA = "何も実行していません。"
	sameJA    = "何も変更していません。"
)

func answersJA() map[string]phrase {
	return map[string]phrase{
		answerUnknownVerb:    {"`{0}` というコマンドはありません。", nothingJA, "`{cmd} {1}` のことでしょうか？ `{cmd} help` ですべてのコマンドを確認できます。"},
		answerVerbForgotten:  {"`{0}` はブランチ名のようですが、何をすればよいでしょうか？", nothingJA, "立ち上げるには `{cmd} up {0}` と入力してください。"},
		answerTooManyWords:   {"`{1}` は 1 語ではありません。ブランチ名は 1 語です。", nothingJA, "一度に 1 つだけ、空白を入れずに `{cmd} {0} <branch>` と入力してください。"},
		answerNoBranch:       {"どのブランチでしょうか？", nothingJA, "`{cmd} {0} <branch>` と入力してください。例: `{cmd} {0} feature/login`"},
		answerLongBranch:     {"`{0}` は、Git のブランチ名の上限 {1} バイトを超えています。", nothingJA, "`{cmd} list` で今ある環境を確認してください。"},
		answerOddBranch:      {"`{0}` は Git のブランチ名として使えません。", nothingJA, "`git branch --show-current` の出力をコピーして `{cmd} up <branch>` と入力してください。"},
		answerNotABranchLink: {"`{0}` はブランチやプルリクエストへのリンクではありません。", nothingJA, "ブランチ名、プルリクエストの番号、または `https://github.com/owner/name/pull/12` の形のリンクを指定してください。"},
		answerUnknownApp:     {"アプリ `{0}` はありません。", nothingJA, "使えるアプリ: {1:list}。`{cmd} up <app> <branch>` と入力してください。"},
		answerUnknownRepo:    {"リポジトリ `{0}` は対象外です。", nothingJA, "対象のリポジトリは `{cmd} help` で確認できます。"},
		answerWhichApp:       {"ブランチ `{0}` は複数のアプリにあります: {1:list}", nothingJA, "いずれかを選ぶか、`{cmd} up <app> {0}` と入力してください。"},
		answerUnknownTopic:   {"`{0}` というコマンドはありません。", "", "`{cmd} help` ですべてのコマンドを確認できます。"},

		answerNoSuchBranch: {"{1:list} にブランチ `{0}` はありません。", nothingJA, "プッシュ済みか確認してから、もう一度 `{cmd} up {0}` と入力してください。"},
		"answer.meant":     {Say: "もしかして、次のいずれかでしょうか？"},
		answerGitHubDown:   {"GitHub から応答がありません。", nothingJA, "1 分ほど待ってから、もう一度お試しください。"},
		answerRepoHidden:   {"GitHub のリポジトリ `{0}` が見えません。", nothingJA, "{bot} の管理者に、GitHub トークンへのアクセス権の付与を依頼してください。"},

		answerStarted:         {Say: "`{0}` を `{1}` で立ち上げます。"},
		answerMoved:           {Say: "`{0}` に、`{2}` に代えて `{1}` をデプロイします。データはそのまま残ります。"},
		answerRetrying:        {Say: "`{0}` の `{1}` を再試行します。"},
		answerRetryingRemoval: {Say: "`{0}` の削除を再試行します。"},
		answerReleased:        {Say: "`{0}` を削除します。"},
		answerAlreadyUp:       {"`{0}` はすでに最新のコミット `{1}` で稼働しています。", nothingJA, "起動し直すには `{cmd} redeploy {0}` と入力してください。"},
		answerOnItsWay:        {"`{0}` の `{1}` はすでにデプロイ中です。", "新しい処理は開始していません。", ""},
		answerLeaving:         {"`{0}` はすでに削除中です。", "新しい処理は開始していません。", ""},
		answerNothingFailed:   {"`{0}` は `{1}` で稼働中です。再試行の必要はありません。", nothingJA, "新しいコミットをデプロイするには、プッシュしてください。"},
		answerNotThere:        {"`{0}` の環境はありません。", sameJA, "`{cmd} list` で今ある環境を確認できます。`{cmd} up {0}` で立ち上げられます。"},
		answerDone:            {Say: "すでに完了しています。"},
		answerNoDuration:      {"どのくらい延長しますか？", sameJA, "`{cmd} extend <branch> <time>` と入力してください。`<time>` は 12h、2d、1w のように指定します。"},
		answerExtended:        {Say: "`{0}` はあと {1:span}残ります。"},
		answerLetGo:           {Say: "`{0}` は予定どおり自動的に終了します。それまでは `{cmd} extend {0} <time>` で延長できます。"},
		answerNoEnd:           {"`{0}` に期限はありません。削除するまで残ります。", sameJA, ""},
		answerLongEnough:      {"`{0}` の残り時間はすでに上限の {1:span}です。", sameJA, "期限が近づいたら、もう一度 `{cmd} extend {0} <time>` と入力してください。"},
		answerToSleep:         {Say: "`{0}` をスリープします。データは残ります。`{cmd} wake {0}` で再開できます。"},
		answerAsleep:          {"`{0}` はすでにスリープ中です。", sameJA, "`{cmd} wake {0}` で再開できます。"},
		answerWaking:          {Say: "`{0}` を再開します。"},
		answerAwake:           {"`{0}` はスリープしていません。", sameJA, "`{cmd} status {0}` で状態を確認できます。"},

		answerNoneThere:     {Say: "現在、環境は 1 つもありません。`{cmd} up <branch>` で立ち上げられます。"},
		answerUnknownThread: {"このスレッドがどのブランチのものか分かりません。", sameJA, "チャンネルで `{cmd} {0} <branch>` と入力してください。"},
		answerStale:         {"その後に状況が変わったため、何も行いませんでした。", "", "最新のメッセージを確認するか、`{cmd} list` と入力してください。"},
		answerInvite:        {Say: "このチャンネルに参加していないため、続きはダイレクトメッセージでお知らせします。次回からここでお知らせするには、`/invite @{bot}` と入力してください。"},
		answerSeeThread:     {Say: "経過はこちら: {0}"},
		answerLooking:       {Say: "`{0}` を確認しています…"},
		answerNotKept:       {"依頼を記録できませんでした。", nothingJA, "1 分ほど待ってから、もう一度送信してください。"},
		answerWrong:         {"問題が起きました。参照番号は `{0}` です。", "", "もう一度試す前に `{cmd} list` を確認し、参照番号を {bot} の管理者に伝えてください。"},
		"answer.others":     {Say: "次の環境があります:"},
	}
}
