// Package bot turns what people type in Slack and push to GitHub into wishes, and tells them in threads what became of
// them. It knows neither AWS nor MySQL nor Redis: wishes go into the store, and what was seen comes out of it.
//
// In reading order: options.go (what a Bot is made of), parse.go and commands.go (pure: words to a command, a command and
// an environment to a decision), receive.go and webhook.go (letters into the inbox), dispatch.go (letters out of it),
// act.go, follow.go and branches.go (decisions carried out), narrator.go, story.go and views_*.go (threads), news.go,
// news_due.go, reporter.go and telling.go (what GitHub should know, what differs, and how it is told), text.go (every word
// that people read: text_en_*.go, text_ja_*.go).
//
// Guarantees:
//   - A letter is in the inbox before it is acknowledged, is kept once however often it comes, and letters of one person or
//     one repository are dealt with in the order in which they came.
//   - Nothing is deployed or taken down on the word of an event: GitHub is asked for the branch's head first.
//   - A thread is a function of the store. Whoever narrates next, after a crash or on another replica, goes on where the
//     last one stopped, and looks into the thread before saying again what may have been said.
//   - So is what GitHub is told. A deployment of a commit and a comment on a pull request are there once, and no way of
//     telling waits for another one's permission.
//   - What other people wrote (branches, subjects, log lines) can neither mention anybody nor format a message.
package bot
