// Package envelopes hears what happens in Slack: it keeps connections of Socket Mode open and hands over every envelope
// that comes by one of them.
//
// A connection that Slack wants to end is replaced before it is left: a new one is opened at once, and the old one is read
// until Slack closes it. What was read is acknowledged over the connection that it came by, or over another one when that
// is gone. A connection that falls silent is left, and whatever goes wrong it is tried again, at most some seconds apart;
// only what [Options.Fatal] names ends it. An envelope that cannot be read is acknowledged, or Slack would send it for ever.
package envelopes
