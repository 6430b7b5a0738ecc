package bot

// unitsEN are lengths of time.
func unitsEN() map[string]phrase {
	return map[string]phrase{
		unitSeconds: {Say: "{0}s"},
		unitMinutes: {Say: "{0}m {1}s"},
		unitHours:   {Say: "{0}h {1}m"},
		unitDays:    {Say: "{0}d {1}h"},
	}
}
