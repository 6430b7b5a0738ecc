package envelopes

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// understand reads what an envelope holds, by its type. wrong is why the envelope itself could not be read.
func understand(r socketmode.Request, wrong error) (e socketmode.Event, err error) {
	if wrong != nil {
		return e, wrong
	}
	defer func() { // strangers write what is parsed here
		if p := recover(); p != nil {
			err = fmt.Errorf("read envelope: %v", p)
		}
	}()
	e = socketmode.Event{Request: &r}
	switch r.Type {
	case socketmode.RequestTypeSlashCommands:
		var c slack.SlashCommand
		err = json.Unmarshal(r.Payload, &c)
		e.Type, e.Data = socketmode.EventTypeSlashCommand, c
	case socketmode.RequestTypeInteractive:
		var c slack.InteractionCallback
		err = json.Unmarshal(r.Payload, &c)
		e.Type, e.Data = socketmode.EventTypeInteractive, c
	case socketmode.RequestTypeEventsAPI:
		e.Type = socketmode.EventTypeEventsAPI
		e.Data, err = slackevents.ParseEvent(r.Payload, slackevents.OptionNoVerifyToken())
	default:
		err = fmt.Errorf("unknown type %q", r.Type[:min(len(r.Type), 40)])
	}
	if err != nil {
		return e, fmt.Errorf("read envelope: %w", err)
	}
	return e, nil
}
