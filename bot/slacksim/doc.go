// Package slacksim is a Slack workspace small enough to run in a process: the Web API, Socket Mode and a page in the
// browser where people type commands, press buttons and follow threads.
//
// It is strict where Slack is strict, so that what works here works there. Every envelope goes to one connection and
// must be acknowledged within three seconds; events are sent again at once, after one and after five minutes.
// Connections are warned and renewed. Trigger ids live three seconds and open one view; a response_url takes five
// answers in thirty minutes. Blocks are held to Slack's limits, methods, events and commands to their scopes, methods
// to their rates, bots to the channels they are in. Slack's own Bolt for JavaScript and slack-go run against it in the
// tests. Nothing is kept on disk.
//
// What Slack has and this has not: attachments, streamed messages, plan, task_card and data_visualization blocks,
// scheduled messages, group direct messages, OAuth, more than one workspace or app.
//
// Time is [Options.Now]: a test that stops or turns that clock decides when acknowledgements are late, trigger ids
// expire and events are sent again. Only the liveness of websockets (pings, write deadlines) follows the real clock.
//
// Scripts do what people do with JSON under /control/. Users and channels are given by name or id; wrong input is a 400
// that says what is wrong; "ok" is false with "error" and "shown" when the person would read a failure.
//
//	POST command    {user, channel, text}                     the acknowledgement: {ok, ack:{text, blocks, response_type}}
//	POST message    {user, channel, text, thread_ts}          {ok, ts}
//	POST click      {user, channel, ts, action_id, block_id, value}, or view_id for channel and ts
//	POST suggest    {user, view_id, action_id, query}         {ok, options}, or channel and ts for view_id
//	POST submit     {user, view_id, values}                   {ok, errors} by block id
//	POST close      {user, view_id}
//	POST home       {user, tab}                               opens the App Home
//	POST shortcut   {user, callback_id, channel, ts}          without ts a global one
//	POST react      {user, channel, ts, name, remove}
//	POST dismiss    {user, channel, ts}
//	POST channel    {channel, name, archived, has_bot, private, shared, pending}
//	POST user       {user, restricted, ultra_restricted, stranger, deleted, locale}
//	POST group      {handle, users, disabled}                 makes a user group that is not there yet
//	POST disconnect {reason}                                  warning, refresh_requested, link_disabled or ""
//	POST recycle    {reason}                                  the same for the oldest connection: warning, refresh_requested or ""
//	POST socketmode {}                                        on again after link_disabled
//	POST fault      {method, times, delay_ms, error, status, retry_after, drop_after}
//	GET  messages   ?channel=&user=                           with the threads; user leaves out the ephemerals of others
//	GET  views      ?user=                                    modals and Home
//	GET  workspace                                            who and what is there
//	GET  feed       ?user=                                    server-sent events: what changes on that person's page
package slacksim
