package bot

import "qabot/store"

// dataJA are the words of copies, fresh data and save points.
func dataJA() map[string]phrase {
	return map[string]phrase{
		store.SchemaFilling:       {"データをコピー中: {1} テーブル中 {0} テーブル完了", "", ""},
		store.SchemaNoSource:      {"`{0}` には、コピーできる完全なデータがありません。", "環境にある既存のデータはそのまま残ります。データがない場合、環境は起動できません。", "`{cmd} data list` を確認するか、{bot} の管理者に `database.from` の確認を依頼してください。" + retryJA},
		store.SchemaUnfit:         {"`{1}` の `{0}` はコピーできません。", "この環境にはデータがありません。途中までのコピーが使われることはありません。", "{bot} の管理者に確認を依頼してください。原因はログに残っています。" + retryJA},
		store.SchemaMaking:        {"テンプレート `{0}` を初めて作成しています。", "完成するとデータがコピーされます。", lastsJA},
		store.SchemaUnmasked:      {"`{0}` をマスクする設定を適用できません。", "隠すべき値が見えてしまうため、何もコピーしていません。", "{bot} の管理者に `database.mask` の修正を依頼してください。" + retryJA},
		store.SchemaNotCopied:     {"`{0}` からのデータのコピーに失敗しました。", "この環境にはデータがありません。途中までのコピーが使われることはありません。", "`{cmd} retry {branch}` と入力して、もう一度コピーしてください。再発する場合は {bot} の管理者に知らせてください。原因はログに残っています。"},
		store.SchemaUnmaskedKept:  {"`{0}` をマスクする設定を適用できません。", "隠すべき値が見えてしまうため、何もコピーしていません。データは元のままです。", "{bot} の管理者に `database.mask` の修正を依頼してください。" + retryJA},
		store.SchemaUnfitKept:     {"`{1}` の `{0}` はコピーできません。", "データは元のままです。途中までのコピーが使われることはありません。", "{bot} の管理者に確認を依頼してください。原因はログに残っています。" + retryJA},
		store.SchemaRefusedKept:   {"MySQL が {bot} の操作 `{0}` を拒否しました。", "データは元のままです。", "{bot} の管理者に、足りない権限の付与を依頼してください。" + retryJA},
		store.SchemaNotCopiedKept: {"`{0}` からのデータのコピーに失敗しました。", "データは元のままです。途中までのコピーが使われることはありません。", "`{cmd} retry {branch}` と入力して、もう一度コピーしてください。再発する場合は {bot} の管理者に知らせてください。原因はログに残っています。"},

		store.SaveNoRoom:   {"セーブポイント `{0}` を置く空きがありません。必要な容量は {1:size} ですが、上限 {3:size} のうち {2:size} を使用中です。", "何も保存していません。", "不要なものを削除してください。`{cmd} data list` で一覧を確認し、`{cmd} data delete \"名前\"` で削除できます。"},
		store.EventSaved:   {Say: "*{0}* のデータを「{1}」として保存しました（{2:size}）。`{cmd} data load {0} \"{1}\"` で元に戻せます。"},
		store.KeysKept:     {Say: "Redis のキー {0} 件も一緒に保存しました。"},
		store.KeysTooMany:  {Say: "Redis は含まれません。{1} 件のキーで {0:size} ありますが、保存できるのは {3} 件、{2:size} までです。"},
		store.KeysRefused:  {Say: "Redis は含まれません。サーバーがキーのコピーを許可していません。"},
		store.KeysUnwalked: {Say: "Redis は含まれません。ほかのキーが多すぎて、すべて見つけられません。"},
		store.EventKeyless: {Say: "*{0}* の Redis は空の状態で始まります。"},
		store.EventUnsaved: {Say: "*{0}* のデータを「{1}」として保存できませんでした。", Next: "`{cmd} data save {0} \"{1}\"` でもう一度保存できます。繰り返し失敗する場合は、{bot} の管理者に確認してください（理由はログにあります）。"},

		answerDataWhat:  {"データに対してその操作はできません。", "何も変更していません。", "`{cmd} data reset <ブランチ>`、`data save <ブランチ> \"名前\"`、`data load <ブランチ> \"名前\"`、`data copy <ブランチ> to <ブランチ>`、`data list`、`data delete \"名前\"` のいずれかを入力してください。"},
		answerSaveName:  {"セーブポイントの名前には、文字、数字、空白、ピリオド、ハイフンを 40 文字以内で使ってください。", "何も変更していません。", "`{cmd} {0} \"before checkout\"` のように、名前の前にブランチを入力してください。"},
		answerCopyWhat:  {"どのデータを、どこへコピーしますか。", "何も変更していません。", "`{cmd} data copy <ブランチ> to <ブランチ>` と入力してください。"},
		answerResetting: {Say: "`{0}` のデータを新しくします。準備ができるまでは今のデータを使い続けます。それまでに書き込んだ内容は残りません。"},
		answerLoading:   {Say: "`{0}` に「{1}」のデータを読み込みます。準備ができるまでは今のデータを使い続けます。それまでに書き込んだ内容は残りません。"},
		answerCopying:   {Say: "`{0}` に `{1}` のデータをコピーします。準備ができるまでは今のデータを使い続けます。それまでに書き込んだ内容は残りません。"},
		answerSaving:    {Say: "`{0}` のデータを「{1}」として保存しています。その間も環境は使えます。完了したらスレッドでお知らせします。"},
		answerSaveTaken: {"「{0}」というセーブポイントはすでにあります。", "何も保存していません。", "別の名前にするか、`{cmd} data delete \"{0}\"` で削除してください。"},
		answerNoData:    {"`{0}` のデータベースはまだありません。", "何も保存していません。", "環境が立ち上がってから、もう一度お試しください。`{cmd} status {0}` で確認できます。"},
		answerNoSave:    {"「{0}」というセーブポイントはありません。", "何も変更していません。", "あるのは次のとおりです: {1:list}"},
		answerNoSaves:   {"保存されたデータはまだありません。", "", "`{cmd} data save <ブランチ> \"名前\"` で環境のデータを保存できます。"},
		answerUnsaved:   {Say: "セーブポイント「{0}」を削除しています。"},

		confirmFresh:      {Say: "`{0}` はあなたの環境ではありません。今あるデータは失われ、元に戻せません。置き換えますか。"},
		confirmApart:      {Say: "「{4}」のデータと `{0}` のデータではマイグレーションが異なります。この環境で実行済みの {2} 件は再び実行され、向こうで実行済みの {3} 件はこの環境では不明です。`{0}` に今あるデータは失われ、元に戻せません。置き換えますか。"},
		labelReplace:      {Say: "データを置き換える"},
		labelSaves:        {Say: "*セーブポイント*: {0} 件、合計 {1:size}"},
		labelTemplate:     {Say: "初期データは `{0}` です（{2:date} 時点の `{1}`）。"},
		labelTemplateNone: {Say: "初期データ `{0}` は、`{1}` から初めて作成しているところです。"},
		labelTemplateOld: {"`{0}` のテンプレート `{1}` を `{2}` から更新できません（{3:date} から）。", "テンプレートは以前のままで、新しい環境には古いデータが入ります。15 分ごとに再試行します。",
			"原因は `qabot doctor` で確認できます。"},
		saveLine:    {Say: "*{0}*  `{1}`  ·  {2:size}  ·  {3:date}  ·  {4}"},
		savePending: {Say: "*{0}*  `{1}`  ·  {2}"},

		"verb." + verbReset:  {Say: "データの初期化"},
		"verb." + verbSave:   {Say: "データの保存"},
		"verb." + verbLoad:   {Say: "データの読み込み"},
		"verb." + verbCopy:   {Say: "データのコピー"},
		"verb." + verbSaves:  {Say: "セーブポイントの一覧"},
		"verb." + verbUnsave: {Say: "セーブポイントの削除"},

		"help.data":    {"`{cmd} data ...`", "環境のデータを新しくしたり、保存して元に戻したりします。", "`data reset <ブランチ>` は最初の状態に戻し、`data save <ブランチ> \"名前\"` は名前を付けて保存し、`data load <ブランチ> \"名前\"` は元に戻します。`data copy <ブランチ> to <ブランチ>` はほかの環境のデータをコピーし、`data list` は一覧を表示し、`data delete \"名前\"` は削除します。置き換えられたデータは元に戻せません。環境は起動し直します。"},
		"example.data": {Means: "`{cmd} data save feature/login \"before checkout\"`、またはスレッドで `@{bot} data reset`。"},
	}
}
