package bot

import (
	"time"

	"qabot/store"
)

// decideExtend puts the end off. What is asked for counts from the present end, and an end never comes nearer.
func decideExtend(e store.Environment, a asking, now time.Time) decision {
	switch {
	case absent(e, now):
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	case e.Spec.Gone(now):
		return decision{Answer: store.Say(answerLeaving, a.Branch)}
	case e.Spec.ExpiresAt.IsZero():
		return decision{Answer: store.Say(answerNoEnd, a.Branch)}
	}
	next := e.Spec
	next.ExpiresAt = e.Spec.ExpiresAt.Add(a.For)
	if last := now.Add(longestExtension); next.ExpiresAt.After(last) {
		if !e.Spec.ExpiresAt.Before(last) {
			return decision{Answer: store.Say(answerLongEnough, a.Branch, longestExtension)}
		}
		next.ExpiresAt = last
	}
	d := decision{Answer: store.Say(answerExtended, a.Branch, next.ExpiresAt.Sub(now)), Next: &next}
	d.Events = []store.Event{asked(next, a, d.Answer), {
		Key: "extended/" + a.Key, Code: store.EventExtended, At: a.At, By: a.By, Generation: next.Generation,
		Detail: store.Say("", stamp(next.ExpiresAt)),
	}}
	return d
}

// decideRest puts an environment to sleep, or wakes it. To sleep is no new generation: what failed before stays as it is.
func decideRest(e store.Environment, a asking, now time.Time) decision {
	asleep := a.Verb == verbSleep
	switch {
	case absent(e, now):
		return decision{Answer: store.Say(answerNotThere, a.Branch)}
	case e.Spec.Gone(now):
		return decision{Answer: store.Say(answerLeaving, a.Branch)}
	case asleep && e.Spec.Dozing:
		next := e.Spec
		next.Dozing = false // the hours no longer wake it
		return decision{Answer: store.Say(answerAsleep, a.Branch), Next: &next, Noted: true}
	case e.Spec.Asleep == asleep && asleep:
		return decision{Answer: store.Say(answerAsleep, a.Branch)}
	case e.Spec.Asleep == asleep:
		return decision{Answer: store.Say(answerAwake, a.Branch)}
	}
	next := awake(e.Spec)
	next.Asleep = asleep
	if !asleep {
		next.ExpiresAt = later(e.Spec.ExpiresAt, a)
		if h := a.App.Awake; !h.None() && !h.Open(now) {
			return wish(again(next, a), a, answerWakingUntil, a.Branch, stamp(h.end(now)))
		}
		return wish(again(next, a), a, answerWaking, a.Branch)
	}
	next.Asked = store.Asked{Verb: a.Verb, By: a.By, Channel: a.Channel, Message: a.From.said(), At: a.At}
	return wish(next, a, answerToSleep, a.Branch)
}
