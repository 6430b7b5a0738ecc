// Package servers gives private MySQL and Redis servers in a folder, on free ports of 127.0.0.1, for tests and the sandbox.
//
// Guarantees:
//   - The servers are the real programs of this machine, and hold nothing but what their caller puts into them.
//   - Stop ends the very process that was started, never one found by name, and returns when it is gone.
//   - A server is answered for only once it is proven to be ours: a stranger that took the port meanwhile is not mistaken for it.
//   - On Linux a server does not outlive the process that started it, however that one ends.
package servers
