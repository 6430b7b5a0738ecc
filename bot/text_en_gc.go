package bot

import "qabot/store"

// gcEN are the words around what is left over.
func gcEN() map[string]phrase {
	return map[string]phrase{
		answerNoStrays:   {Say: "Nothing that bears my marks is left over: all of it belongs to an environment."},
		answerManyStrays: {Say: "This bears my marks, or looks as if it did, and belongs to no environment ({0}):"},
		labelStrayGone:   {Say: "`{0}` (`{1}`) was taken down, and this is there still:"},
		labelStrayLost:   {Say: "`{0}` (`{1}`) is not known to me:"},
		labelStrayDoubt:  {Say: "`{0}` is left alone:"},
		labelGCHow:       {Say: "Nothing was changed. Whoever runs {bot} takes it away with `qabot gc`; what is not proven to be mine is never touched."},
		labelGCDone:      {Say: "Environments that are taken away now: {0}. What they have goes by itself; look again in a few minutes."},

		store.DoubtUnmarked: {Say: "it bears none of my marks"},
		store.DoubtName:     {Say: "it bears my marks, but not the name that belongs to them"},
		store.DoubtApp:      {Say: "its app is not in the configuration"},
		store.ThingTagged:   {Say: "`{0}`"},

		"verb." + verbGC: {Say: "gc"},
		"help.gc":        {"`{cmd} gc`", "lists what is left over.", "Schemas, accounts, Redis keys and things in AWS that bear {bot}'s marks and belong to no environment. Nothing is changed."},
		"example.gc":     {Means: "`{cmd} gc`; whoever runs {bot} takes it away with `qabot gc`."},
	}
}
