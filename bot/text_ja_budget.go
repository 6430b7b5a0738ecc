package bot

import "qabot/store"

func budgetJA() map[string]phrase {
	return map[string]phrase{
		store.SchemaShared:   {"データベース `{0}`（staging のアカウントを使用。staging のデータからは分離されません）", "", ""},
		store.SchemaQueued:   {"データベースへの接続が {0} 本必要ですが、空きは {1} 本です。順番待ちの {2} 番目です。", "サーバーは共有で、一部は staging のために確保されています。空きができしだい、自動的に続きを進めます。", "対応は不要です。急ぐ場合は、使っていない環境をスリープしてください。`{cmd} list` で一覧を確認できます。"},
		store.SchemaTooLarge: {"データベースへの接続が {0} 本必要ですが、サーバーの {2} 本のうち、すべての環境で使えるのは {1} 本です。", "この環境だけでも staging のために確保した分に食い込むため、起動しません。", "プールを小さくする（ロールの `pool`、`RAILS_MAX_THREADS`）、`database.reserve` を小さくする、サーバーを大きくする、のいずれかを {bot} の管理者に依頼してください。" + retryJA},
		store.SchemaBlocked:  {"`{0}` のトランザクションが {1:span} 開いたままで、削除するテーブルを使用しています。", "このトランザクションは {bot} のものではないため、終了を待っています。", "`{0}` を使っている人に、コミットするか接続を閉じるよう依頼してください。その後は自動的に続きを進めます。"},
		store.EventHeld:      {Say: "*{0}* はデータベースの空きを待っています。"},
		heldBuilder:          {Say: "*{0}* はビルド環境の空きを待っています。"},

		labelQueued:      {Say: "空き待ち"},
		labelRoom:        {Say: "空きを作れる環境:"},
		labelFrees:       {Say: "*{0}*（{1:date} から未使用）をスリープすると {2} 本空きます"},
		labelFreesOf:     {Say: "*{0}*（{3}、{1:date} から未使用）をスリープすると {2} 本空きます"},
		labelFreesUsed:   {Say: "*{0}*（使用中、最終アクセス {1:date}）をスリープすると {2} 本空きます"},
		labelFreesUsedOf: {Say: "*{0}*（{3}、使用中、最終アクセス {1:date}）をスリープすると {2} 本空きます"},
		labelSleepIt:     {Say: "{0} をスリープ"},

		labelTop:        {Say: "*現在のデータベース*: 接続 {1} 本のうち {0} 本を使用中です（うち {2} 本は staging など）。"},
		labelTopShare:   {Say: "すべての環境で使えるのは {0} 本で、空きは {1} 本です。"},
		labelTopWaiting: {Say: "空き待ちの環境: {0}"},
		labelTopUse:     {Say: "接続 {1} 本のうち {0} 本"},
		labelTopUseOnly: {Say: "接続 {0} 本"},
		labelTopLongest: {Say: "{0:span} 続いているトランザクション"},
		labelTopWaits:   {Say: "ロック待ち: {0}"},
		labelTopGuest:   {Say: "`{0}` のトランザクションが {1:span} 続いています。終わるまで、この環境のテーブルは削除も変更もできません。"},
		labelTopBlind:   {"サーバー上のほかのアカウントの動きは {bot} から見えません。", "そのため、接続やトランザクションの一部が表示されていない可能性があります。", "{bot} の管理者は、{bot} のアカウントに `GRANT PROCESS ON *.*` を付与すると見えるようにできます。"},
		"help.top":      {"`{cmd} top [app]`", "データベースの使用状況を表示します。", "環境ごとの接続数、サイズ、開いているトランザクション、ロック待ちと、新しい環境のための空きがわかります。"},
		"example.top":   {Means: "`{cmd} top`。アプリを 1 つに絞る場合は `{cmd} top shop`。"},

		labelPriced:  {Say: "すべての環境で使える接続 {1} 本のうち、空きは {0} 本です。"},
		labelPlace:   {Say: "空きを待つ必要があります。順番待ちの {0} 番目になります。"},
		labelAssumed: {Say: "接続数がわからないため、プロセスごとに 10 本として数えています: {0:list}"},
	}
}
