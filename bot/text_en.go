package bot

// english is the catalogue in English.
func english() texts {
	return collect(grammar{language: English, gap: " ", stop: ".", list: ", ", date: "{date_short_pretty} at {time}"},
		labelsEN(),
		unitsEN(),
		resourcesEN(),
		dataEN(),
		serviceEN(),
		eventsEN(),
		answersEN(),
		permissionsEN(),
		helpEN(),
		checksEN(),
		speakEN(),
		gitHubEN(),
		questionsEN(),
		planEN(),
		reportEN(),
		trashEN(),
		budgetEN(),
		leaksEN(),
		gcEN(),
		editedEN(),
	)
}
