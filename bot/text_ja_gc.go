package bot

import "qabot/store"

// gcJA are the words around what is left over.
func gcJA() map[string]phrase {
	return map[string]phrase{
		answerNoStrays:   {Say: "{bot} の印が付いたもので、残っているものはありません。すべていずれかの環境に属しています。"},
		answerManyStrays: {Say: "次のものは {bot} の印が付いている（またはそのように見える）のに、どの環境にも属していません（{0} 件）:"},
		labelStrayGone:   {Say: "`{0}`（`{1}`）は削除済みですが、まだ残っています:"},
		labelStrayLost:   {Say: "`{0}`（`{1}`）は {bot} の記録にありません:"},
		labelStrayDoubt:  {Say: "`{0}` には手を付けません:"},
		labelGCHow:       {Say: "何も変更していません。{bot} の管理者は `qabot gc` で削除できます。{bot} のものと確認できないものには決して触れません。"},
		labelGCDone:      {Say: "これから削除する環境: {0} 件。残っているものは自動的に削除されます。数分後にもう一度確認してください。"},

		store.DoubtUnmarked: {Say: "{bot} の印が付いていません"},
		store.DoubtName:     {Say: "印は付いていますが、名前が一致しません"},
		store.DoubtApp:      {Say: "アプリが設定にありません"},
		store.ThingTagged:   {Say: "`{0}`"},

		"verb." + verbGC: {Say: "残りの確認"},
		"help.gc":        {"`{cmd} gc`", "残っているものを一覧にします。", "{bot} の印が付いていて、どの環境にも属していないスキーマ、アカウント、Redis のキー、AWS のリソースです。何も変更しません。"},
		"example.gc":     {Means: "`{cmd} gc`。削除は {bot} の管理者が `qabot gc` で行います。"},
	}
}
