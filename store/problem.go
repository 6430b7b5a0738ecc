package store

import "fmt"

// Problem is a fault that people must hear of: the bot's catalogue has its words and the next step for Code, the cause goes
// to the log. From Apply or Remove it means that trying again cannot cure it.
type Problem struct {
	Detail
	Cause error
}

// NewProblem makes a Problem; cause may be nil.
func NewProblem(cause error, code string, args ...any) *Problem {
	return &Problem{Detail: Say(code, args...), Cause: cause}
}

func (p *Problem) Error() string {
	if p.Cause == nil {
		return fmt.Sprintf("%s %q", p.Code, p.Args)
	}
	return fmt.Sprintf("%s %q: %v", p.Code, p.Args, p.Cause)
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }
