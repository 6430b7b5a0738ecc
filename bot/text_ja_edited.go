package bot

import "qabot/store"

// editedJA are the words around migrations that were edited after they had run.
func editedJA() map[string]phrase {
	return map[string]phrase{
		store.EventEdited:     {Say: "`{1}` では、*{0}* のデータで実行済みのマイグレーションが変更されています。まだ何も実行していません:"},
		store.EditChanged:     {Say: "`{0}` が編集されました"},
		store.EditRemoved:     {Say: "`{0}` が削除されました"},
		store.EditMoved:       {Say: "`{1}` の名前が `{0}` に変わり、実行順が変わります"},
		store.MigrationEdited: {Say: "スレッドでの判断待ち: 実行済みのマイグレーションが変更されています（{0} 件）"},

		labelEdited:   {Say: "データには以前の内容が反映されており、フレームワークは同じものを二度実行しません。データを作り直してすべて実行するか、新しいものだけを実行して続けるか、中止してください。"},
		labelPlanHeld: {Say: "データで実行済みのマイグレーションが変更されているため、マイグレーションは自動では実行されません:"},
		labelPlanAsks: {Say: "データを作り直すか、データを残して新しいものだけを実行するか、中止するかを、スレッドで確認します。"},
		labelAnew:     {Say: "データを作り直す"},
		labelKeepOn:   {Say: "このまま続ける"},
		labelAnewSure: {Say: "データベースと Redis のキーを削除して作り直します。元には戻せません。"},
		answerAnew:    {Say: "`{0}` の `{1}` を、新しいデータで続けます。すべてのマイグレーションを実行します。"},
		answerKeepOn:  {Say: "`{0}` の `{1}` を続けます。データはそのまま残り、新しいマイグレーションだけを実行します。"},

		store.EventRadar: {Say: "別のブランチもデータベースを変更しています。"},
		radarVersion:     {Say: "*{0}* と `{1}` の両方に、バージョン `{2}` のマイグレーションがあります（相手のファイルは `{3}`）。後からマージする方は番号を付け直す必要があります。"},
		radarTable:       {Say: "*{0}* と `{1}` の両方が、テーブル `{2}` を変更しています。後からマージする方は、相手の変更の上で試し直す必要があります。"},

		"verb." + verbAnew:   {Say: "データの作り直し"},
		"verb." + verbKeepOn: {Say: "続行"},
	}
}
