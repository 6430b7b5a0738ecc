package compute

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"qabot/store"
)

func TestLoadOfARole(t *testing.T) {
	for _, c := range []struct {
		name      string
		role      Role
		variables map[string]string
		want      store.Load
	}{
		{"nothing tells", Role{Name: "app"}, nil, store.Load{Role: "app", Tasks: 1, Processes: 1, Pool: usualPool, Assumed: true}},
		{"threads", Role{Name: "app"}, map[string]string{"RAILS_MAX_THREADS": "5"}, store.Load{Role: "app", Tasks: 1, Processes: 1, Pool: 5}},
		{"threads and processes", Role{Name: "app"}, map[string]string{"RAILS_MAX_THREADS": "5", "WEB_CONCURRENCY": "3"}, store.Load{Role: "app", Tasks: 1, Processes: 3, Pool: 5}},
		{"a pool before threads", Role{Name: "app"}, map[string]string{"RAILS_MAX_THREADS": "5", "DB_POOL": "7"}, store.Load{Role: "app", Tasks: 1, Processes: 1, Pool: 7}},
		{"no number", Role{Name: "app"}, map[string]string{"RAILS_MAX_THREADS": "many"}, store.Load{Role: "app", Tasks: 1, Processes: 1, Pool: usualPool, Assumed: true}},
		{"as configured", Role{Name: "app", Processes: 2, Pool: 4, Replace: true}, map[string]string{"RAILS_MAX_THREADS": "5", "WEB_CONCURRENCY": "3"},
			store.Load{Role: "app", Tasks: 1, Processes: 2, Pool: 4, Replace: true}},
	} {
		if diff := cmp.Diff(c.want, c.role.load(c.variables, 1)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// What was promised nothing is not repaired past those that wait with it; what sleeps can always be stopped.
func TestTasksStartWithAPromiseOnly(t *testing.T) {
	rationed := &service{role: Role{Name: "worker"}, Options: Options{Rationed: true}}
	for _, c := range []struct {
		name string
		env  store.Environment
		free bool
	}{
		{"promised", store.Environment{Promise: store.Promise{N: 1, Granted: true}}, true},
		{"in the queue", store.Environment{Promise: store.Promise{N: 1}}, false},
		{"not asked yet", store.Environment{}, false},
		{"asleep", store.Environment{Spec: store.Spec{Asleep: true}}, true},
	} {
		c.env.Facts = map[store.Kind]store.Fact{MigrationKind: {Passed: "c1"}, rationed.Kind(): {Ref: "arn"}}
		o, _, err := rationed.judge(c.env, serviceSight{staging: &staging{}})
		if err != nil {
			t.Fatal(err)
		}
		if o.Free != c.free {
			t.Errorf("%s: free %v, want %v", c.name, o.Free, c.free)
		}
	}
}
