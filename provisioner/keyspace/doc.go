// Package keyspace gives each environment a corner of its own on the shared Redis or Valkey: the keys that begin with
// "qa_<id>:".
//
// Guarantees:
//   - Only keys of the environment's own prefix are taken away, and none while the prefix bears another installation's marker.
//   - The marker goes last, after a scan that found no other key, so a removal that was cut off is seen and gone on with.
//   - Other users are not kept waiting: no KEYS, no FLUSH, small pages, and memory is freed in the background.
//   - An address with a password lies in the Vault alone: never in an error or in a log.
//
// It needs a server that is no cluster. Sidekiq 7 knows no namespace: its keys stay outside.
package keyspace
