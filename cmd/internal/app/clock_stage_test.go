package app_test

import (
	"maps"
	"time"

	"qabot/cmd/internal/app"
)

// hours lets the app's environments be awake at those hours of working days, from qabot's next start on.
func (s *stage) hours(from, until, zone string) {
	s.world.Config.Apps[0].Awake = app.Awake{From: from, Until: until, Days: "mon-fri", Zone: zone}
}

// clock sets qabot's clock to the next such time of the week. It only goes forward: the store's clock stays behind.
func (s *stage) clock(text, zone string) error {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return err
	}
	of, err := time.Parse("Mon 15:04", text)
	if err != nil {
		return err
	}
	now := s.now()().In(place)
	for days := range 8 {
		at := time.Date(now.Year(), now.Month(), now.Day()+days, of.Hour(), of.Minute(), 0, 0, place)
		if at.Weekday().String()[:3] == text[:3] && at.After(now) {
			s.set.Add(int64(at.Sub(now)))
			return nil
		}
	}
	return nil
}

// variable gives the app's tasks a variable more, from qabot's next start on.
func (s *stage) variable(name, value string) {
	environment := maps.Clone(s.world.Config.Apps[0].Environment)
	if delete(environment, name); value != "" {
		environment[name] = value
	}
	s.world.Config.Apps[0].Environment = environment
}
