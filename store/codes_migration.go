package store

// Codes of what of a migration may hurt.
const (
	WarnTableGone   = "warn.table-gone"   // table: dropped, with its rows
	WarnColumnGone  = "warn.column-gone"  // table, column: dropped, with its data
	WarnRebuilt     = "warn.rebuilt"      // table, rows: written anew row by row
	WarnRebuiltMany = "warn.rebuilt-many" // table, rows at least
	WarnNotNull     = "warn.not-null"     // table, column: must be given, and has no default
)

// MigrationEdited is the Detail of a migration that waits for somebody: number of files that are not as they were when they ran.
const MigrationEdited = "migration.edited"

// Codes of how the file of a migration that has run differs from then.
const (
	EditChanged = "edit.changed" // file
	EditRemoved = "edit.removed" // file
	EditMoved   = "edit.moved"   // file, name that it had
)
