package store

import "fmt"

// Problem is a fault that people must hear of: the bot's catalogue has its words and the next step for Code, the cause goes
// to the log. From Apply or Remove it means that trying again cannot cure it, unless it Passes.
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

// Passes tells whether it is expected to end by itself, so that it is tried again without anybody's doing.
func (p *Problem) Passes() bool {
	return p.Code == Unreachable || p.Code == Retrying || p.Code == Paced || p.Code == SchemaBlocked || p.Code == SchemaMaking
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }
