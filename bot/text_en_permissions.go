package bot

// permissionsEN are the words of refusals and of questions before something is destroyed.
func permissionsEN() map[string]phrase {
	const nothing = "Nothing was changed."
	return map[string]phrase{
		refusedGuest:    {"You are a guest in this workspace, and guests may only look.", nothing, ""},
		refusedStranger: {"You are from another organisation, and may only look here.", nothing, ""},
		refusedRobot:    {"Apps and bots may only look.", nothing, "A person has to ask for `{0}`."},
		refusedDeparted: {"Your account in this workspace is not active.", nothing, "Ask an administrator of the workspace."},
		refusedShared:   {"This channel is shared with another organisation, and from such a channel nobody may change anything.", nothing, ""},
		refusedRule:     {"You may not use `{0}` here.", nothing, ""},
		refusedPlace:    {"`{0}` may not be used in this channel.", nothing, ""},
		refusedNobody:   {"Nobody may use `{0}` here.", nothing, "Whoever runs {bot} can allow it in the configuration, under permissions."},

		doubtAway:    {"I could not ask Slack who may do this: it did not answer `{0}`.", nothing, "Try again in a minute. Looking works: `{cmd} list`."},
		doubtScope:   {"I may not ask Slack who may do this: the app lacks `{0}`.", nothing, "Ask whoever runs {bot} to add it under OAuth & Permissions and to install the app again. Looking works: `{cmd} list`."},
		doubtLimited: {"Slack wants me to wait before I ask again who may do this.", nothing, "Try again in {0:span}. Looking works: `{cmd} list`."},
		doubtHidden:  {"I cannot see this channel, so I cannot tell whether outsiders are in it.", nothing, "Type `/invite @{bot}` here and try again, or write to me in a direct message."},

		labelMayAsk: {Say: "Ask {0}."},
		labelMayGo:  {Say: "Type it in {0}."},
		labelMember: {Say: "any full member of the workspace"},
		labelDirect: {Say: "a direct message to me"},
		labelOr:     {Say: "or"},
		labelOwns:   {Say: " (the owner)"},
		labelHasIt:  {Say: "It belongs to {0}."},

		labelLately:   {Say: "*What was asked lately*"},
		answerNoActs:  {Say: "Nobody has asked for anything yet. Type `{cmd} up <branch>` to be the first."},
		"act.nothing": {Say: "*{0:word}*: there was nothing to do"},
		"act.because": {Say: "*{0:word}*: {1:word}"},
		"act.refused": {Say: "*{0:word}* was refused: {1:word}"},
		"act.asked":   {Say: "*{0:word}*: asked back whether it is meant"},
		"act.expired": {Say: "Its time was over."},

		"why." + refusedGuest:       {Say: "guests may only look"},
		"why." + refusedStranger:    {Say: "people of other organisations may only look"},
		"why." + refusedRobot:       {Say: "bots may only look"},
		"why." + refusedDeparted:    {Say: "the account is not active"},
		"why." + refusedShared:      {Say: "the channel is shared with another organisation"},
		"why." + refusedRule:        {Say: "the rules do not allow it"},
		"why." + refusedPlace:       {Say: "the rules do not allow it in that channel"},
		"why." + refusedNobody:      {Say: "the rules allow it to nobody"},
		"why." + doubtAway:          {Say: "Slack did not answer"},
		"why." + doubtScope:         {Say: "a scope of the Slack app is missing"},
		"why." + doubtLimited:       {Say: "Slack wanted no more questions"},
		"why." + doubtHidden:        {Say: "the channel is closed to {bot}"},
		"why." + confirmForeign:     {Say: "somebody else was asked"},
		"why." + confirmKept:        {Say: "it was kept after all"},
		"why." + confirmLate:        {Say: "the answer came too late"},
		"why." + answerStale:        {Say: "it had changed meanwhile"},
		"why." + answerNoSuchBranch: {Say: "there was no such branch"},
		"why." + answerNotThere:     {Say: "there was no environment"},
		"why." + answerGitHubDown:   {Say: "GitHub did not answer"},
		"why." + answerAlreadyUp:    {Say: "it was up already"},

		confirmOthers:  {Say: "`{0}` is somebody else's. Its database goes too, for good. Shall I take it down?"},
		confirmNobodys: {Say: "`{0}` came up by a push, so others may be using it. Its database goes too, for good. Shall I take it down?"},
		confirmKept:    {Say: "Then `{0}` stays."},
		confirmLate:    {"That question is too old to be answered.", nothing, "Type `{cmd} {1} {0}` again."},
		confirmForeign: {"That question was for somebody else.", nothing, ""},
	}
}
