package bot

import "qabot/store"

func eventsJA() map[string]phrase {
	return map[string]phrase{
		store.EventAsked:      {Say: "依頼: {0:word}"},
		store.EventPushed:     {Say: "*{0}* が `{1}` をプッシュしました: {2}"},
		"pushed.nameless":     {Say: "ブランチに新しいコミット `{0}` があります。"},
		store.EventMigrated:   {Say: "`{0}` のマイグレーションが `{1:span}` で完了しました。"},
		"migrated.seeded":     {Say: "初期データも投入しました。"},
		"migrated.nothing":    {Say: "データベースの構造に変更はありません。"},
		"migrated.changes":    {Say: "データベースの構造の変更点:"},
		labelRan:              {Say: "実行したもの:"},
		store.WarnTableGone:   {Say: "テーブル `{0}` が行ごと削除されました。まだ参照しているバージョンは失敗します。"},
		store.WarnColumnGone:  {Say: "カラム `{0}.{1}` がデータごと削除されました。まだ参照しているバージョンは失敗します。"},
		store.WarnNotNull:     {Say: "カラム `{0}.{1}` は必須で、デフォルト値がありません。このカラムを知らないバージョンは `{0}` に書き込めません。"},
		store.WarnRebuilt:     {Say: "テーブル `{0}` が作り直されました（{1} 行）。ステージングでは行数に応じて時間がかかり、ロックされることがあります。"},
		store.WarnRebuiltMany: {Say: "テーブル `{0}` が作り直されました（{1} 行超）。ステージングでは行数に応じて時間がかかり、ロックされることがあります。"},
		store.EventAsleep:     {Say: "*{0}* はスリープ中です。データは残っています。`{cmd} wake {0}` で再開できます。"},
		store.EventExtended:   {Say: "期限を {1:date} まで延長しました。"},
		store.EventExpiring:   {Say: "*{0}* はまもなく終了し、データベースも削除されます。終了予定: {1:date}"},
		store.EventReady:      {Say: "*{0}* の `{1}` が使えるようになりました。"},
		store.EventFailed:     {Say: "*{0}* は「*{1}*」で失敗しました。"},
		store.EventRemoved:    {Say: "*{0}* を削除しました。何も残っていません。"},
		store.EventTrouble:    {Say: "*{0}* は待機しています。"},
		store.EventOver:       {Say: "問題が解消したため、*{0}* の処理を再開します。"},
		"over.answers":        {Say: "{1:list} の応答が戻ったため、*{0}* の処理を再開します。"},
		"failed.lines":        {Say: "ログの最後の部分:"},

		"change.table":       {Say: "テーブル"},
		"change.column":      {Say: "カラム"},
		"change.index":       {Say: "インデックス"},
		"change.foreign key": {Say: "外部キー"},
		"change.view":        {Say: "ビュー"},
		"change.trigger":     {Say: "トリガー"},
		"change.routine":     {Say: "ルーチン"},

		"verb." + verbUp:      {Say: "立ち上げ"},
		"verb." + verbDown:    {Say: "削除"},
		"verb." + verbRetry:   {Say: "再試行"},
		"verb." + verbExtend:  {Say: "期限の延長"},
		"verb." + verbSleep:   {Say: "スリープ"},
		"verb." + verbWake:    {Say: "再開"},
		"verb." + verbPush:    {Say: "プッシュ"},
		"verb." + verbDeleted: {Say: "ブランチの削除"},
	}
}
