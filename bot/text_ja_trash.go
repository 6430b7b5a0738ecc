package bot

import "qabot/store"

// trashJA are the words around data that is kept.
func trashJA() map[string]phrase {
	return map[string]phrase{
		store.EventKept:     {Say: "*{0}* を停止して削除しました。データは {1:date} まで残ります。`{cmd} undo {0}` で元に戻せます。"},
		store.EventEmptied:  {Say: "*{0}* のデータの保管期間が終わり、削除しました。何も残っていません。"},
		store.EventRestored: {Say: "*{0}* は、残っていたデータのまま戻ります。"},

		answerInTrash:       {"`{0}` はすでに削除済みです。データは {1:date} まで残っています。", sameJA, "`{cmd} undo {0}` でデータごと元に戻せます。`{cmd} down {0} now` でデータも削除できます。"},
		answerDiscarded:     {Say: "`{0}` をデータごと削除します。"},
		answerBack:          {Say: "`{0}` を、残っていたデータのまま `{1}` で元に戻します。"},
		answerNothingToUndo: {"`{0}` は削除されていないため、元に戻すものはありません。", sameJA, "`{cmd} status {0}` で状態を確認できます。"},
		answerTooLate:       {"`{0}` のデータはもう残っていないため、元に戻せません。", sameJA, "`{cmd} up {0}` で、新しいデータで立ち上げられます。"},
		answerBranchGone:    {"ブランチ `{0}` は GitHub にないため、動かすものがありません。データは {1:date} まで残っています。", sameJA, "ブランチをもう一度プッシュしてから、`{cmd} undo {0}` と入力してください。"},

		confirmData:        {Say: "`{0}` のデータはすぐに完全に削除され、`{cmd} undo` でも元に戻せません。削除しますか？"},
		confirmOthersKept:  {Say: "`{0}` はほかの人の環境です。データは {2:date} まで残り、`{cmd} undo` で元に戻せます。削除しますか？"},
		confirmNobodysKept: {Say: "`{0}` はプッシュで立ち上がった環境で、ほかの人が使っているかもしれません。データは {2:date} まで残り、`{cmd} undo` で元に戻せます。削除しますか？"},

		labelKept:     {Say: "削除済み（データあり）"},
		labelKeptTill: {Say: "データは {0:date} まで残ります。"},
		labelUndo:     {Say: "元に戻す"},
		labelSureKept: {Say: "URL は開けなくなります。データは {0:span}残り、その間は元に戻せます。ブランチはそのまま残ります。"},
		labelEndsKept: {Say: "*{0}* はまもなく終了します: {1:date}。データは {2:date} まで残ります。"},

		"verb." + verbUndo: {Say: "元に戻す"},
		"help.undo":        {"`{cmd} undo <branch>`", "削除した環境を、データごと元に戻します。", "URL も元のままです。データが残っている間だけ戻せます（期限は削除時のメッセージに表示されます）。`{cmd} up` でも同じように戻せます。"},
		"example.undo":     {Means: "`{cmd} undo feature/login`。環境のスレッドでは `@{bot} undo`"},
	}
}
