// Package store holds what people want and what was seen: environments with their wishes (Spec) and observations
// (Status), claims with fences, sticky allotments, the journal and the inbox. It runs on SQLite (one file) and on MySQL or
// MariaDB with one text of SQL.
//
// Guarantees:
//   - A wish is durable when Want returns, and whoever works on the environment learns of it: Settle leaves the row due when a wish came in between.
//   - One worker at a time: every write of a worker proves its fence in the same transaction, and fails with ErrFenced once somebody else has the claim.
//   - The database's clock is the only clock in SQL. The claim's own deadline runs on the process's monotonic clock and can only shorten trust.
//   - Events of the journal, acts of the audit journal and letters of the inbox are kept once for each key, however often they are offered.
package store
