package bot

func unitsJA() map[string]phrase {
	return map[string]phrase{
		unitSeconds: {Say: "{0} 秒"},
		unitMinutes: {Say: "{0} 分 {1} 秒"},
		unitHours:   {Say: "{0} 時間 {1} 分"},
		unitDays:    {Say: "{0} 日 {1} 時間"},
	}
}
