package bot

import (
	"time"

	"qabot/store"
)

// gitHubViews are the views of what comes from GitHub alone.
func gitHubViews(settled func(func(*store.Environment)) scene, event func(func(*store.Environment), store.Event) view) map[string]view {
	label := func(verb string, change func(*store.Environment)) view {
		return settled(func(e *store.Environment) {
			change(e)
			e.Spec.Asked = store.Asked{Verb: verb, Name: "ben", Pull: 12, At: noon.Add(-time.Minute)}
		}).parent()
	}
	at := noon.Add(-time.Hour).Format(time.RFC3339)
	return map[string]view{
		"parent_labelled":   label(verbLabelled, func(*store.Environment) {}),
		"parent_unlabelled": label(verbUnlabelled, removing),
		"parent_closed":     label(verbClosed, removing),
		"parent_merged":     label(verbMerged, removed),
		"parent_deleted": settled(func(e *store.Environment) {
			removed(e)
			e.Spec.Asked = store.Asked{Verb: verbDeleted, Name: "ben", At: noon.Add(-time.Minute)}
		}).parent(),
		"reply_missed_push":     event(up, store.Event{Code: store.EventMissed, Name: "ben", At: noon, Detail: store.Say(verbPush, at)}),
		"reply_missed_deletion": event(removed, store.Event{Code: store.EventMissed, Name: "ben", At: noon, Detail: store.Say(verbDeleted, at)}),
	}
}
