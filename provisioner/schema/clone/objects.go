package clone

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// object is what is no table: it is made after the rows, in the name of whom the copy is for.
type object struct{ sort, name string }

// Object is how one was made: the settings of the session, and last its definition.
type Object struct {
	Sort       string   `json:"w"` // as it stands after CREATE
	Name       string   `json:"n"`
	Statements []string `json:"s"`
}

// sorts of objects, with how they are listed and where SHOW CREATE has their text. Functions come before the views that may
// call them; triggers come last, since they would fire while rows are copied.
func sorts() []struct{ sort, list, text string } {
	return []struct{ sort, list, text string }{
		{"FUNCTION", "SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = ? AND routine_type = 'FUNCTION'", "create function"},
		{"PROCEDURE", "SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = ? AND routine_type = 'PROCEDURE'", "create procedure"},
		{"VIEW", "SELECT table_name AS name FROM information_schema.views WHERE table_schema = ?", "create view"},
		{"TRIGGER", "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = ? ORDER BY event_object_table, action_timing, event_manipulation, action_order", "sql original statement"},
		{"EVENT", "SELECT event_name AS name FROM information_schema.events WHERE event_schema = ?", "create event"},
	}
}

// objects makes views, routines, triggers and events. What needs another one that is not there yet is tried again, as long as
// a round brings anything.
func (r *run) objects(ctx context.Context, from, to *sql.Conn) error {
	var all []object
	text := map[string]string{}
	for _, s := range sorts() {
		found, err := rows(ctx, from, s.list, r.Source)
		if err != nil {
			return fmt.Errorf("list each %s of %s: %w", strings.ToLower(s.sort), r.Source, err)
		}
		for _, row := range found {
			all = append(all, object{s.sort, row["name"]})
		}
		text[s.sort] = s.text
	}
	r.Objects = len(all)
	for len(all) > 0 {
		var left []object
		var why error
		for _, o := range all {
			made, err := r.make(ctx, from, to, o, text[o.sort])
			if err != nil && number(err) == 0 {
				return err
			}
			if !made {
				left, why = append(left, o), fmt.Errorf("%s %s: %w", strings.ToLower(o.sort), o.name, err)
			}
		}
		if len(left) == len(all) {
			return &Unfit{What: strings.ToLower(left[0].sort) + " " + left[0].name, Why: "it cannot be made in another schema", Cause: why}
		}
		all = left
	}
	return nil
}

// make makes one object, with the settings under which it was made first.
func (r *run) make(ctx context.Context, from, to *sql.Conn, o object, column string) (bool, error) {
	found, err := rows(ctx, from, "SHOW CREATE "+o.sort+" "+Quote(o.name))
	if err != nil {
		return false, fmt.Errorf("describe %s %s: %w", strings.ToLower(o.sort), o.name, err)
	}
	if len(found) != 1 || found[0][column] == "" {
		return false, &Unfit{What: strings.ToLower(o.sort) + " " + o.name, Why: "its text is not for qabot's account to read"}
	}
	row := found[0]
	mode, there := row["sql_mode"]
	if !there {
		mode = sqlMode
	}
	settings := []string{"SET SESSION sql_mode=" + literal(mode)}
	if c := row["collation_connection"]; strings.HasPrefix(c, "utf8") {
		settings = append(settings, "SET SESSION collation_connection="+literal(c))
	}
	if err := r.say(ctx, to, r.definition(settings, o, portable(o.sort, row[column], r.Source, r.Target))); err != nil {
		return false, err
	}
	made := portable(o.sort, row[column], r.Source, cmp.Or(r.For, r.Target))
	r.Made = append(r.Made, Object{Sort: o.sort, Name: o.name, Statements: r.definition(settings, o, made)})
	return true, nil
}

// definition is all that is said to make an object.
func (r *run) definition(settings []string, o object, ddl string) []string {
	all := append(slices.Clone(settings), ddl)
	if r.Invoker {
		all = invoked(all, o)
	}
	return all
}

func (r *run) say(ctx context.Context, to *sql.Conn, statements []string) error {
	for _, q := range statements {
		if err := r.do(ctx, to, q); err != nil {
			return err
		}
	}
	return nil
}

// invoked makes the last statement's object run with its caller's rights. Triggers and events know no such thing.
func invoked(statements []string, o object) []string {
	switch last := len(statements) - 1; o.sort {
	case "VIEW":
		statements[last] = strings.Replace(statements[last], " SQL SECURITY DEFINER ", " SQL SECURITY INVOKER ", 1)
	case "FUNCTION", "PROCEDURE":
		return append(statements, "ALTER "+o.sort+" "+Quote(o.name)+" SQL SECURITY INVOKER")
	}
	return statements
}

// Make makes objects in the target that were made elsewhere, through owner, in their order. One that is there already is made anew.
func (c Copy) Make(ctx context.Context, owner *sql.DB, objects []Object) error {
	if len(objects) == 0 {
		return nil
	}
	r := &run{Copy: c}
	to, err := r.session(ctx, owner, c.Target)
	if err != nil {
		return fmt.Errorf("open %s: %w", c.Target, err)
	}
	defer to.Close()
	there, err := r.there(ctx, to)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if there[object{o.Sort, o.Name}] { // all of it, or the first half
			if err := r.do(ctx, to, "DROP "+o.Sort+" IF EXISTS "+Quote(o.Name)); err != nil {
				return fmt.Errorf("drop %s %s: %w", strings.ToLower(o.Sort), o.Name, err)
			}
		}
		if err := r.say(ctx, to, o.Statements); err != nil {
			return fmt.Errorf("make %s %s: %w", strings.ToLower(o.Sort), o.Name, err)
		}
	}
	return nil
}

// Unmake drops all objects of the target. Tables that have triggers cannot change their schema.
func (c Copy) Unmake(ctx context.Context, db *sql.DB) error {
	r := &run{Copy: c}
	to, err := r.session(ctx, db, c.Target)
	if err != nil {
		return fmt.Errorf("open %s: %w", c.Target, err)
	}
	defer to.Close()
	there, err := r.there(ctx, to)
	if err != nil {
		return err
	}
	for o := range there {
		if err := r.check(); err != nil {
			return err
		}
		if _, err := to.ExecContext(ctx, "DROP "+o.sort+" IF EXISTS "+Quote(o.name)); err != nil {
			return fmt.Errorf("drop %s %s: %w", strings.ToLower(o.sort), o.name, err)
		}
	}
	return nil
}

// there lists the objects of the target.
func (r *run) there(ctx context.Context, to *sql.Conn) (map[object]bool, error) {
	all := map[object]bool{}
	for _, s := range sorts() {
		found, err := rows(ctx, to, s.list, r.Target)
		if err != nil {
			return nil, fmt.Errorf("list each %s of %s: %w", strings.ToLower(s.sort), r.Target, err)
		}
		for _, row := range found {
			all[object{s.sort, row["name"]}] = true
		}
	}
	return all, nil
}
