package bot

import "qabot/store"

// planJA has the words of plans.
func planJA() map[string]phrase {
	return map[string]phrase{
		labelPlan:        {Say: "`{cmd} up {0}` で今行われること（`{1}`）:"},
		labelPlanStays:   {Say: "そのまま"},
		labelPlanChanges: {Say: "変更"},
		labelPlanGoes:    {Say: "削除"},
		labelPlanWaits:   {Say: "上のものを待機"},
		labelPlanUsual:   {Say: "通常の所要時間: {0}"},
		labelPlanMade:    {Say: "調べただけで、何も作成していません。"},
		labelPlanSame:    {Say: "変わるものはありません。すべて揃っています。"},
		labelDoIt:        {Say: "立ち上げる"},
		labelPool:        {Say: "データベースへの接続: 最大 {0}、バージョンの入れ替え中は {1}"},
		labelPoolUnknown: {Say: "データベースへの接続数が分からないもの: {0:list}"},
		labelPoolTight:   {Say: "アカウントの接続数の上限は {0} のため、足りない可能性があります。"},

		store.ThingImage:      {Say: "イメージ `{0}`"},
		store.ThingBuild:      {Say: "ビルド元 `{0}`"},
		store.ThingSchema:     {Say: "スキーマ `{0}`"},
		store.ThingAccount:    {Say: "アカウント `{0}`"},
		store.ThingKeys:       {Say: "キー `{0}:…`（データベース {1}）"},
		store.ThingNumber:     {Say: "Redis のデータベース {0}"},
		store.ThingCommon:     {Say: "専用アカウントなし（サーバーが作成に対応していません）"},
		store.ThingGroup:      {Say: "ターゲットグループ `{0}`"},
		store.ThingRule:       {Say: "`{1}` のホスト名 `{0}`"},
		store.ThingListener:   {Say: "`{1}` のポート {0}"},
		store.ThingURL:        {Say: "{0}"},
		store.ThingPipeline:   {Say: "ビルド元のパイプライン `{0}`（`{1}` のコピー）"},
		store.ThingMigration:  {Say: "`{1}` で `{0}`"},
		store.ThingGap:        {Say: "短い中断: 新しいバージョンの起動前に `{0}` が停止します"},
		store.ThingShell:      {Say: "シェル: `aws ecs execute-command --cluster {0} --task $(aws ecs list-tasks --cluster {0} --service-name {1} --query taskArns[0] --output text) --container {2} --interactive --command /bin/sh`"},
		store.ThingService:    {Say: "サービス `{0}`（タスク数 {1}）"},
		store.ThingDefinition: {Say: "タスク定義 `{0}`（`{1}` から作成）"},
		store.ThingSecret:     {Say: "`{0}` は `{1}`"},
		store.ThingRedis:      {Say: "専用 Redis `{0}`（{1} MiB、メモリのみ）"},
	}
}
