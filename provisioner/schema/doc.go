// Package schema gives each environment a schema and an account of its own on a shared MySQL or MariaDB server, and keeps
// the story of its migrations inside that schema, so that it travels with the data.
//
// Guarantees:
//   - Only a schema that bears our marks is changed or dropped, or an empty one whose making was noted and not finished.
//     Protected names are refused whatever their marks say.
//   - An environment is Ready only after its account was seen to open its own schema and to be refused others.
//   - The password lies in the Vault alone: never in the store, in an error or in a log.
//   - Every step may be cut off anywhere and called again. A drop that was begun is finished before anything new is made.
package schema
