package app

import (
	"time"

	"qabot/bot"
)

// Rule allows some people some commands in some places.
type Rule struct {
	Who   []string `yaml:"who" help:"everyone (members), owner, nobody, user groups (\"@handle\" or S...), users (U...)."`
	May   []string `yaml:"may" help:"Commands, and groups of them: look, change, destroy."`
	Where []string `yaml:"where" help:"Channels (\"#name\" or C...), and direct for direct messages; empty: everywhere."`
}

// Audit is the journal of who asked for what, and what came of it.
type Audit struct {
	Keep time.Duration `yaml:"keep" default:"9600h" help:"How long acts stay in the audit journal (9600h are 400 days); 0s: for ever."`
}

// rulesOf gives rules as the bot takes them.
func rulesOf(rules []Rule) []bot.Rule {
	var out []bot.Rule
	for _, r := range rules {
		out = append(out, bot.Rule(r))
	}
	return out
}

// checkRules adds what is wrong with the rules at a path.
func (f *checker) checkRules(path string, rules []Rule) {
	for _, fault := range bot.CheckRules(rulesOf(rules)) {
		f.add(path+fault.Path, fault.Text)
	}
}
