package bot

// leaksEN are the words about keys of nobody.
func leaksEN() map[string]phrase {
	return map[string]phrase{
		labelLeaks: {"Among {0} keys in database {1} of Redis there are some that belong to no environment.", "{bot} leaves them alone, so they stay until somebody deletes them.",
			"Let the application put `REDIS_NAMESPACE` before its keys, or give each environment a number of its own with `redis.databases`. `qabot doctor` lists them at any time."},
		labelLeak:       {Say: "{1} × `{0}`"},
		labelLeakOf:     {Say: "{1} × `{0}` ({2})"},
		labelLeakAbout:  {Say: "about {1} × `{0}`"},
		labelLeakAbout2: {Say: "about {1} × `{0}` ({2})"},
		labelLeakSuch:   {Say: "such as `{0}`"},
	}
}
