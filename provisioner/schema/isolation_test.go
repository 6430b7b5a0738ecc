package schema

import (
	"errors"
	"strings"
	"testing"

	"qabot/store"
)

func TestAccountReachesItsOwnSchemaAlone(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	near := neighbour(w.name()) // what "_" for any character would open
	for _, name := range []string{near, "staging_of_" + w.id.Underscored()} {
		w.exec("CREATE DATABASE " + quote(name))
		t.Cleanup(func() { w.exec0("DROP DATABASE " + quote(name)) })
		w.exec("CREATE TABLE " + quote(name) + ".t (id INT)")
		if _, err := w.tasks().ExecContext(t.Context(), "SELECT * FROM "+quote(name)+".t"); number(err) != tableDenied {
			t.Errorf("reading %s: %v, want error %d", name, err, tableDenied)
		}
		if _, err := w.tasks().ExecContext(t.Context(), "USE "+quote(name)); number(err) != schemaDenied {
			t.Errorf("using %s: %v, want error %d", name, err, schemaDenied)
		}
	}
	for _, statement := range []string{
		"CREATE TABLE t (id INT PRIMARY KEY)", "CREATE VIEW v AS SELECT id FROM t", "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
		"CREATE PROCEDURE p() SELECT 1", "DROP TABLE t",
	} {
		if _, err := w.tasks().ExecContext(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// TestAccountThatReachesMore lets every account into another schema, as a grant to nobody in particular does.
func TestAccountThatReachesMore(t *testing.T) {
	w := newWorld(t, "", nil)
	other := "open_" + w.id.Underscored()
	w.exec("CREATE DATABASE " + quote(other))
	t.Cleanup(func() { w.exec0("DROP DATABASE " + quote(other)) })
	w.exec("CREATE USER " + user(Account(w.id)))
	w.exec("GRANT SELECT ON " + quote(other) + ".* TO " + user(Account(w.id)))

	err := w.apply()
	var p *store.Problem
	if !errors.As(err, &p) || p.Code != store.SchemaUnisolated || p.Args[0] != w.name() {
		t.Fatalf("apply: %v, want the problem that it is not isolated", err)
	}
	if n := w.count("SELECT COUNT(*) FROM mysql.user WHERE user = ?", Account(w.id)); n != 0 {
		t.Error("the account can still log in")
	}
	w.want(true, store.Stale)

	w.exec("CREATE USER " + user(Account(w.id)))
	w.exec("GRANT SELECT ON " + quote(other) + ".* TO " + user(Account(w.id)))
	w.o.BestEffort = true
	if err := w.apply(); err != nil {
		t.Fatal(err)
	}
	if o := w.want(true, store.Ready); o.Detail.Code != store.SchemaBestEffort {
		t.Errorf("observed %+v, want it to say that it is best effort", o.Detail)
	}
	w.o.BestEffort = false
	w.want(true, store.Stale) // what was allowed then is not now
	w.mustRemove()
}

// TestNeighbourProof shows that the proof sees a grant whose underscores stand for any character.
func TestNeighbourProof(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	a := w.address("shop", w.id).with(w.vault.get(w.id))
	if opened, reached, err := w.prove(t.Context(), a); err != nil || !opened || reached != "" {
		t.Fatalf("escaped: opened %v, reached %q, %v", opened, reached, err)
	}
	w.exec("GRANT ALL ON " + quote(w.name()) + ".* TO " + user(Account(w.id)))
	if _, reached, err := w.prove(t.Context(), a); err != nil || reached != neighbour(w.name()) {
		t.Errorf("unescaped: reached %q, %v, want %q", reached, err, neighbour(w.name()))
	}
	w.exec("REVOKE ALL ON " + quote(w.name()) + ".* FROM " + user(Account(w.id)))
	w.exec("REVOKE ALL ON " + quote(pattern(w.name())) + ".* FROM " + user(Account(w.id)))
	if opened, _, err := w.prove(t.Context(), a); err != nil || opened {
		t.Errorf("without a grant: opened %v, %v", opened, err)
	}
}

// TestLeastRights runs the life cycle as an administrator that has no more than the manual asks for: it sees neither
// mysql.user nor other accounts' sessions, and may not end them.
func TestLeastRights(t *testing.T) {
	w := newWorld(t, "", nil)
	w.exec("CREATE USER 'bot'@'%' IDENTIFIED BY 'botpw'")
	t.Cleanup(func() { w.exec0("DROP USER 'bot'@'%'") })
	w.exec("GRANT CREATE USER ON *.* TO 'bot'@'%'")
	w.exec("GRANT ALL ON `qa\\_%`.* TO 'bot'@'%' WITH GRANT OPTION")
	dsn := strings.Replace(w.o.DSN, "root", "bot:botpw", 1)
	bot, err := Open(Options{DSN: dsn, Installation: "test", MaxConnections: 5}, w.vault, w.store)
	if err != nil {
		t.Fatal(err)
	}
	defer bot.Close()
	w.Server = bot
	w.want(true, store.Absent)
	w.mustApply()
	w.exec("CREATE TABLE " + quote(w.name()) + ".orders (id INT PRIMARY KEY)")
	w.exec("ALTER USER " + user(Account(w.id)) + " ACCOUNT LOCK")
	w.want(true, store.Stale)
	w.mustApply()
	w.exec("DROP USER " + user(Account(w.id)))
	w.want(true, store.Stale)
	w.mustApply()
	tx, err := w.tasks().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO orders VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	w.mustRemove()
	if n := w.things(); n != 0 {
		t.Errorf("%d things are left", n)
	}
}

func TestRefusalIsAProblem(t *testing.T) {
	w := newWorld(t, "", nil)
	w.exec("CREATE USER 'weak'@'%' IDENTIFIED BY 'weakpw'")
	t.Cleanup(func() { w.exec0("DROP USER 'weak'@'%'") })
	weak, err := Open(Options{DSN: strings.Replace(w.o.DSN, "root", "weak:weakpw", 1), Installation: "test"}, w.vault, w.store)
	if err != nil {
		t.Fatal(err)
	}
	defer weak.Close()
	w.Server = weak
	var p *store.Problem
	if err := w.apply(); !errors.As(err, &p) || p.Code != store.SchemaRefused || p.Args[0] != "create database" {
		t.Errorf("apply: %v, want the problem that it is refused", err)
	}
}

func TestPasswordStaysOutOfErrorsAndLogs(t *testing.T) {
	w := newWorld(t, "", nil)
	w.mustApply()
	w.mustRemove()
	w.mustApply()
	secret := w.vault.passwords()[0]
	c := func() (err error) {
		w.claimed(true, func(c *store.Claim) {
			err = w.account(t.Context(), c, strings.Repeat("x", 200), secret)
		})
		return err
	}
	if err := c(); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("account: %v, want an error without the password", err)
	}
	if err := hide(w.do(t.Context(), resourceClaim(w), "CREATE USER x IDENTIFIED BY "+literal(secret)+" AND"), secret); err == nil || strings.Contains(err.Error(), secret) || number(err) != syntax {
		t.Errorf("syntax: %v, want error %d without the password", err, syntax)
	}
	if log := w.log.String(); strings.Contains(log, secret) {
		t.Error("the password is in the log")
	}
	facts, err := w.store.Get(t.Context(), w.id)
	if err != nil {
		t.Fatal(err)
	}
	if f := facts.Facts[Kind]; strings.Contains(f.Extra+f.Ref, secret) {
		t.Error("the password is in the store")
	}
}
