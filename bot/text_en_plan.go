package bot

import "qabot/store"

// planEN has the words of plans.
func planEN() map[string]phrase {
	return map[string]phrase{
		labelPlan:        {Say: "What `{cmd} up {0}` would do now, at `{1}`:"},
		labelPlanStays:   {Say: "stays as it is"},
		labelPlanChanges: {Say: "changes"},
		labelPlanGoes:    {Say: "goes"},
		labelPlanWaits:   {Say: "waits for what is above"},
		labelPlanUsual:   {Say: "It usually takes {0}."},
		labelPlanMade:    {Say: "Nothing was made; this was only looked up."},
		labelPlanSame:    {Say: "Nothing would change: all is as it should be."},
		labelDoIt:        {Say: "Bring it up"},
		labelPool:        {Say: "Connections to the database: at most {0}; while one version follows another, {1}."},
		labelPoolUnknown: {Say: "How many connections to the database these open is not known: {0:list}."},
		labelPoolTight:   {Say: "The account may have {0} connections, which may not do."},

		store.ThingImage:      {Say: "image `{0}`"},
		store.ThingBuild:      {Say: "built by `{0}`"},
		store.ThingSchema:     {Say: "schema `{0}`"},
		store.ThingAccount:    {Say: "account `{0}`"},
		store.ThingKeys:       {Say: "keys `{0}:…` in database {1}"},
		store.ThingNumber:     {Say: "database {0} of Redis"},
		store.ThingCommon:     {Say: "no account of its own: the server makes none"},
		store.ThingGroup:      {Say: "target group `{0}`"},
		store.ThingRule:       {Say: "the name `{0}` at `{1}`"},
		store.ThingListener:   {Say: "port {0} of `{1}`"},
		store.ThingURL:        {Say: "{0}"},
		store.ThingPipeline:   {Say: "built by pipeline `{0}`, a copy of `{1}`"},
		store.ThingMigration:  {Say: "`{0}` in `{1}`"},
		store.ThingGap:        {Say: "a short gap: `{0}` stops before the new version starts"},
		store.ThingShell:      {Say: "a shell: `aws ecs execute-command --cluster {0} --task $(aws ecs list-tasks --cluster {0} --service-name {1} --query taskArns[0] --output text) --container {2} --interactive --command /bin/sh`"},
		store.ThingService:    {Say: "service `{0}`, tasks: {1}"},
		store.ThingDefinition: {Say: "task definition `{0}`, made from `{1}`"},
		store.ThingSecret:     {Say: "`{0}` in `{1}`"},
		store.ThingRedis:      {Say: "a Redis of its own from `{0}`, {1} MiB, in memory only"},
	}
}
