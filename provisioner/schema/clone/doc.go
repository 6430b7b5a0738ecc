// Package clone copies a schema inside one MySQL or MariaDB server. Unless asked otherwise, no row leaves the server: each table is filled by
// INSERT..SELECT, the largest first, over several connections, and readers and writers of the source are not blocked.
//
// # Consistency
//
// Each statement copies what is committed when it begins: a table, or on MySQL a stretch of a large table's primary key. Tables
// are copied at different moments. So the copy of a schema that nobody writes to is exact, and that of one that is being
// written to may miss a row here to which a row there refers; nothing of it was ever uncommitted. Where somebody wrote, such rows are fetched,
// and rows that refer to what is gone, go: foreign keys then hold in the copy wherever they hold in the source.
//
// Copy.AtOnce copies all rows as they were at one moment, whoever writes: one transaction sees them so, no lock is taken, and the
// rows pass through this process, table after table.
//
// What is half copied bears no sign of it: that is for the caller to keep.
package clone
