package store

// Verdict is what a Finding says of the thing it is about.
type Verdict string

// The verdicts.
const (
	Good    Verdict = "OK"
	Bad     Verdict = "NG"
	Skipped Verdict = "SKIP" // it could not be looked at, or there is nothing to look at
)

// Finding is one line of the doctor's report, with the lines below it.
type Finding struct {
	Verdict Verdict   `json:"verdict"`
	What    string    `json:"what"`            // what was looked at
	Said    string    `json:"said,omitempty"`  // what was seen
	Fix     string    `json:"fix,omitempty"`   // of a Bad one: the line that cures it
	Below   []Finding `json:"below,omitempty"` // its own verdict is then the worst of theirs
}

// Found makes a Finding that sums up those below it.
func Found(what string, below ...Finding) Finding {
	f := Finding{Verdict: Skipped, What: what, Below: below}
	for _, one := range below {
		if one.Verdict == Bad || one.Verdict == Good && f.Verdict == Skipped {
			f.Verdict = one.Verdict
		}
	}
	return f
}
