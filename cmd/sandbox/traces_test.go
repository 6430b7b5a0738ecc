package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"qabot/provisioner/awssim"
)

// traces lists what bears the environment's marks, in the Region, MySQL and Redis. Images and the history of builds stay.
func (w *town) traces() (found []string) {
	w.t.Helper()
	var state awssim.State
	w.must(json.Unmarshal([]byte(w.get(w.AWS+"/_control/state")), &state))
	for sort, things := range map[string][]awssim.Resource{
		"service": state.Services, "task": state.Tasks, "listener": state.Listeners, "target group": state.TargetGroups,
		"task definition": state.TaskDefinitions, "parameter": state.Parameters,
	} {
		for _, thing := range things {
			if strings.Contains(fmt.Sprintf("%+v", thing), string(w.id())) {
				found = append(found, sort+" "+thing.Name)
			}
		}
	}
	for _, name := range w.names("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'qa\\_%'") {
		found = append(found, "schema "+name)
	}
	for _, name := range w.names("SELECT user FROM mysql.user WHERE user LIKE 'qa\\_%'") {
		found = append(found, "account "+name)
	}
	keys := w.redis().Scan(w.t.Context(), 0, "qa_*", 1000).Iterator()
	for keys.Next(w.t.Context()) {
		found = append(found, "key "+keys.Val())
	}
	w.must(keys.Err())
	return w.others().without(found)
}

func (w *town) mysql() *sql.DB {
	w.t.Helper()
	db, err := sql.Open("mysql", w.MySQL)
	w.must(err)
	w.t.Cleanup(func() { db.Close() })
	return db
}

func (w *town) redis() *redis.Client {
	w.t.Helper()
	o, err := redis.ParseURL(w.Redis)
	w.must(err)
	c := redis.NewClient(o)
	w.t.Cleanup(func() { c.Close() })
	return c
}

// names is the one column of a query.
func (w *town) names(query string) (names []string) {
	w.t.Helper()
	rows, err := w.mysql().QueryContext(w.t.Context(), query)
	w.must(err)
	defer rows.Close()
	for rows.Next() {
		var name string
		w.must(rows.Scan(&name))
		names = append(names, name)
	}
	w.must(rows.Err())
	return names
}

// neighbours are other people's things on the shared servers, called nearly as ours are.
type neighbours struct {
	*town
	schema, account, key string
}

func (w *town) others() neighbours {
	id := w.id().Underscored()
	return neighbours{town: w, schema: "qa_shop_" + id + "_old", account: "qa_" + id + "_old", key: "qa_" + id + "x:cart"}
}

func (n neighbours) put() {
	n.t.Helper()
	db := n.mysql()
	for _, statement := range []string{
		"CREATE DATABASE " + n.schema, "CREATE TABLE " + n.schema + ".t (id INT PRIMARY KEY)", "INSERT INTO " + n.schema + ".t VALUES (42)",
		"CREATE USER " + n.account + "@'%'",
	} {
		_, err := db.ExecContext(n.t.Context(), statement)
		n.must(err)
	}
	for _, key := range []string{n.key, "session:1"} {
		n.must(n.redis().Set(n.t.Context(), key, "42", 0).Err())
	}
}

func (n neighbours) stay() {
	n.t.Helper()
	var id int
	if err := n.mysql().QueryRowContext(n.t.Context(), "SELECT id FROM "+n.schema+".t").Scan(&id); err != nil || id != 42 {
		n.t.Errorf("the schema of others was touched: %d, %v", id, err)
	}
	if got := n.names("SELECT user FROM mysql.user WHERE user = '" + n.account + "'"); len(got) != 1 {
		n.t.Errorf("the account of others was touched: %v", got)
	}
	for _, key := range []string{n.key, "session:1"} {
		if v, err := n.redis().Get(n.t.Context(), key).Result(); err != nil || v != "42" {
			n.t.Errorf("the key %s of others was touched: %q, %v", key, v, err)
		}
	}
}

// without leaves the neighbours' things out.
func (n neighbours) without(found []string) (ours []string) {
	for _, f := range found {
		if f != "schema "+n.schema && f != "account "+n.account && f != "key "+n.key {
			ours = append(ours, f)
		}
	}
	return ours
}
