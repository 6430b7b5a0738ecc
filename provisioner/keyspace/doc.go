// Package keyspace gives each environment a corner of its own on the shared Redis or Valkey: a number (SELECT) that is
// leased to it, or the keys that begin with "qa_<id>:" in the number of the configured URL; and where the server allows it,
// an account that reaches that corner alone.
//
// Guarantees:
//   - Only keys of the environment's own prefix are taken away, and none while the prefix bears another installation's marker.
//   - A number is emptied only while the store's row leases it to this environment and the marker in it is this
//     environment's, in one step with that look. There is no FLUSHALL.
//   - A number with keys that are not ours is never leased, and neither are 0 and the URL's own.
//   - The note of what is there goes last, after a walk that found no other key, so a removal that was cut off is gone on with.
//   - Other users are not kept waiting: no KEYS, small pages, and memory is freed in the background.
//   - An address with a password lies in the Vault alone: never in an error or in a log.
//
// It needs a server that is no cluster; where there is none, an environment has a Redis of its own (compute.Redis). Sidekiq 7 knows no prefix: it needs numbers.
package keyspace
