package schema

import (
	"strings"

	"qabot/store"
)

const longest = 64 // characters of a schema's name

// Name is the name of an environment's schema: "qa_<app>_<id>" in [a-z0-9_], at most 64 characters. The ID ends in a hash
// of app and branch, so names differ even where the app's part was cut.
func Name(app string, id store.ID) string { return named(store.Prefix, app, id) }

// No environment's schema has two underscores there.
const (
	nextPrefix = store.Prefix + "_next_"
	pastPrefix = store.Prefix + "_past_"
)

// nextName is the schema in which the data is made ready that an environment is to get.
func nextName(app string, id store.ID) string { return named(nextPrefix, app, id) }

// pastName is the schema to which the tables are moved that an environment had before, to be dropped.
func pastName(app string, id store.ID) string { return named(pastPrefix, app, id) }

func named(prefix, app string, id store.ID) string {
	tail := id.Underscored()
	slug := strings.ReplaceAll(store.Slug(app, longest-len(prefix)-1-len(tail)), "-", "_")
	if slug == "" {
		return prefix + tail
	}
	return prefix + slug + "_" + tail
}

// Account is the name of an environment's account: "qa_<id>", at most 27 characters, where MySQL takes 32.
func Account(id store.ID) string { return store.Prefix + id.Underscored() }

// quote makes an identifier of any name.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// user is the account's name as statements about accounts want it.
func user(account string) string { return quote(account) + "@'%'" }

// pattern is the name as GRANT wants it, where an underscore would stand for any character.
func pattern(name string) string {
	return strings.NewReplacer(`\`, `\\`, `_`, `\_`, `%`, `\%`).Replace(name)
}

// literal makes a string literal of any text. Connections fix sql_mode, so the backslash always escapes.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`).Replace(s) + "'"
}
