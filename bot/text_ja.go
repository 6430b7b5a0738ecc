package bot

// japanese is the catalogue in Japanese: polite and short, a half-width space around Latin words, digits and names.
func japanese() texts {
	return collect(grammar{language: Japanese, gap: "", stop: "。", list: "、", date: "{date_short_pretty} {time}"},
		labelsJA(),
		unitsJA(),
		resourcesJA(),
		dataJA(),
		serviceJA(),
		eventsJA(),
		answersJA(),
		permissionsJA(),
		helpJA(),
		checksJA(),
		speakJA(),
		gitHubJA(),
		questionsJA(),
		planJA(),
		reportJA(),
		trashJA(),
		budgetJA(),
		leaksJA(),
		gcJA(),
		editedJA(),
	)
}
