package bot

// leaksJA are the words about keys of nobody.
func leaksJA() map[string]phrase {
	return map[string]phrase{
		labelLeaks: {"Redis のデータベース {1} で調べた {0} キーの中に、どの環境のものでもないキーがあります。", "{bot} はこれらに手を付けないため、誰かが削除するまで残ります。",
			"アプリケーションのキーの前に `REDIS_NAMESPACE` を付けるか、`redis.databases` で環境ごとに番号を割り当ててください。一覧は `qabot doctor` でいつでも確認できます。"},
		labelLeak:       {Say: "`{0}` {1} 件"},
		labelLeakOf:     {Say: "`{0}` {1} 件（{2}）"},
		labelLeakAbout:  {Say: "`{0}` 約 {1} 件"},
		labelLeakAbout2: {Say: "`{0}` 約 {1} 件（{2}）"},
		labelLeakSuch:   {Say: "例: `{0}`"},
	}
}
