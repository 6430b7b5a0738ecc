package bot

import (
	"time"

	"qabot/store"
)

// decideExtend puts the end off. What is asked for counts from the present end, and an end never comes nearer.
func decideExtend(e store.Environment, a Asking, now time.Time) Decision {
	switch {
	case e.Spec.Version == 0 || e.Phase(now) == store.Removed:
		return Decision{Answer: store.Say(AnswerNotThere, a.Branch)}
	case e.Spec.Gone(now):
		return Decision{Answer: store.Say(AnswerLeaving, a.Branch)}
	case e.Spec.ExpiresAt.IsZero():
		return Decision{Answer: store.Say(AnswerNoEnd, a.Branch)}
	}
	next := e.Spec
	next.ExpiresAt = e.Spec.ExpiresAt.Add(a.For)
	if last := now.Add(longestExtension); next.ExpiresAt.After(last) {
		if !e.Spec.ExpiresAt.Before(last) {
			return Decision{Answer: store.Say(AnswerLongEnough, a.Branch, span(longestExtension))}
		}
		next.ExpiresAt = last
	}
	d := Decision{Answer: store.Say(AnswerExtended, a.Branch, span(next.ExpiresAt.Sub(now))), Next: &next}
	d.Events = []store.Event{asked(next, a), {
		Key: "extended/" + a.Key, Code: store.EventExtended, At: a.At, By: a.By, Generation: next.Generation,
		Detail: store.Say("", next.ExpiresAt.UTC().Format(time.RFC3339)),
	}}
	return d
}

// decideRest puts an environment to sleep, or wakes it. To sleep is no new generation: what failed before stays as it is.
func decideRest(e store.Environment, a Asking, now time.Time) Decision {
	asleep := a.Verb == VerbSleep
	switch {
	case e.Spec.Version == 0 || e.Phase(now) == store.Removed:
		return Decision{Answer: store.Say(AnswerNotThere, a.Branch)}
	case e.Spec.Gone(now):
		return Decision{Answer: store.Say(AnswerLeaving, a.Branch)}
	case e.Spec.Asleep == asleep && asleep:
		return Decision{Answer: store.Say(AnswerAsleep, a.Branch)}
	case e.Spec.Asleep == asleep:
		return Decision{Answer: store.Say(AnswerAwake, a.Branch)}
	}
	next := e.Spec
	next.Asleep = asleep
	if !asleep {
		next.ExpiresAt = later(e.Spec.ExpiresAt, a)
		return wish(again(next, a), a, AnswerWaking, a.Branch)
	}
	next.Asked = store.Asked{Verb: a.Verb, By: a.By, Channel: a.Channel, At: a.At}
	return wish(next, a, AnswerToSleep, a.Branch)
}
