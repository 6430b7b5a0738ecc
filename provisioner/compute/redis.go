package compute

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"qabot/provisioner"
	"qabot/store"
)

// RedisKind is the kind of a Redis of an environment's own.
const RedisKind store.Kind = "redis"

const (
	redisRole     = "redis" // last part of its names; no role of an app may be called so where there is one
	redisPort     = 6379
	redisURL      = "REDIS_URL"
	redisPassword = "REDIS_PASSWORD"
	// redisTask is a variable that tells tasks which task of Redis their address leads to. The address itself is a secret,
	// which they are given by reference: through this one they start anew when it leads elsewhere.
	redisTask = "REDIS_TASK"
)

// Redis is a Redis of an environment's own: a service of one task, which keeps everything in memory. It runs for as long as
// the environment has data, asleep or not. Its address is that of its task, and its password in it, a secret.
type Redis struct {
	s        *service // what it has in common with the services of roles
	from     Role     // whose staging service says where it runs
	vault    *Parameters
	data     Data
	notebook Notebook
}

// Data tells of environments whether the data that is wished for is there. What is in Redis belongs to the data before, and
// stays as long as that.
type Data interface {
	Fresh(ctx context.Context, envs []store.Environment) ([]bool, error)
}

var (
	_ provisioner.Resource  = (*Redis)(nil)
	_ provisioner.Foreseer  = (*Redis)(nil)
	_ provisioner.Explainer = (*Redis)(nil)
	_ Source                = (*Redis)(nil)
)

// NewRedis gives the resource "redis" of an app whose App.Redis names an image. Without data it begins anew as soon as other
// data is wished for.
func NewRedis(app App, clients *Clients, vault *Parameters, data Data, notebook Notebook, o Options) *Redis {
	r := &Redis{vault: vault, data: data, notebook: notebook}
	if len(app.Roles) > 0 {
		r.from = app.Roles[0]
	}
	r.s = &service{kind: RedisKind, app: app, clients: clients, notebook: notebook, Options: o,
		role:        Role{Name: redisRole, Service: r.from.Service, Container: redisRole},
		registry:    &registry{clients: clients, repository: app.Repository},
		definitions: &definitions{clients: clients},
	}
	return r
}

// Kind is "redis".
func (r *Redis) Kind() store.Kind { return RedisKind }

// redisMemo is what is remembered of an environment's Redis, in its Fact.
type redisMemo struct {
	Deployment string `json:",omitempty"` // that was begun last
	Task       string `json:",omitempty"` // ARN of the task that the address leads to
	Address    string `json:",omitempty"` // of that task
	Epoch      string `json:",omitempty"` // of the data that is in it
}

func redisMemoOf(env store.Environment) (m redisMemo) {
	// One that cannot be read is as good as one that says nothing: the address is noted again.
	_ = json.Unmarshal([]byte(env.Facts[RedisKind].Extra), &m)
	return m
}

// Environ is what an environment's tasks need.
func (r *Redis) Environ(env store.Environment) (plain, secret map[string]string) {
	plain = map[string]string{"REDIS_NAMESPACE": store.Prefix + env.ID.Underscored()}
	if m := redisMemoOf(env); m.Task != "" {
		plain[redisTask] = taskID(m.Task)
	}
	return plain, map[string]string{redisURL: r.vault.Ref(env.ID, redisURL)}
}

// redisAddress is the URL of a task's Redis.
func redisAddress(host, password string) string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: net.JoinHostPort(host, strconv.Itoa(redisPort)), Path: "/0"}
	return u.String()
}

// passwordIn is the password in a URL, empty where there is none.
func passwordIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	password, _ := u.User.Password()
	return password
}

// Explain tells of the task that says most about the failure.
func (r *Redis) Explain(ctx context.Context, env store.Environment, seen store.Observation) ([]string, string, error) {
	return r.s.Explain(ctx, env, seen)
}

// Foresee names service, size and the parameter with the address.
func (r *Redis) Foresee(ctx context.Context, env store.Environment) (f store.Foreseen, err error) {
	if f.Seen, err = seenNow(ctx, r, env); err != nil {
		return f, err
	}
	f.Things = []store.Detail{
		store.Say(store.ThingService, r.s.name(env.ID), 1),
		store.Say(store.ThingRedis, r.s.app.Redis, redisMemory),
		store.Say(store.ThingSecret, redisURL, r.vault.Ref(env.ID, redisURL)),
	}
	return f, nil
}

func (r *Redis) note(ctx context.Context, c *store.Claim, f store.Fact, m redisMemo) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write the note of Redis: %w", err)
	}
	f.Extra = string(text)
	return r.s.note(ctx, c, f)
}
