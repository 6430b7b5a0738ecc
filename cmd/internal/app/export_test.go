package app

import (
	"context"
	"time"

	"qabot/bot"
)

// Speak runs the bot alone, as Run would make it, until the context ends. begun is given the bot before.
func Speak(ctx context.Context, o Options, begun func(*bot.Bot)) error {
	if o.Now == nil {
		o.Now = time.Now
	}
	p, err := assemble(ctx, o)
	if err != nil {
		return err
	}
	defer p.close()
	begun(p.bot)
	return p.bot.Run(ctx)
}
