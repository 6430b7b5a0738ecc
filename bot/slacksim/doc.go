// Package slacksim is a Slack workspace small enough to run in a process: the Web API, Socket Mode and a page in the
// browser where people type commands, press buttons and follow threads.
//
// It is strict where Slack is strict, so that what works here works there. Every envelope goes to one connection and
// must be acknowledged within three seconds. Trigger ids live three seconds and open one view. A response_url takes
// five answers in thirty minutes. Blocks are held to Slack's limits, methods to their scopes and rates, bots to the
// channels they are in. Nothing is kept on disk.
//
// Time is [Options.Now]: a test that stops or turns that clock decides when acknowledgements are late, trigger ids
// expire and events are sent again. Only the liveness of websockets (pings, write deadlines) follows the real clock.
package slacksim
