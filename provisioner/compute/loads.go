package compute

import (
	"cmp"
	"context"
	"strconv"
	"sync"
	"time"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/store"
)

const (
	// usualPool is how many connections a process is taken to open where nothing tells: as many as the larger of the usual
	// pools do.
	usualPool = 10
	// loadsLast is how long the price of an environment is remembered: what is asked at every look changes with staging's
	// deployments only.
	loadsLast = time.Minute
)

// Loads tells what the tasks of an app's roles may ask of the database. It is safe for concurrent use.
type Loads struct {
	app     App
	service *service
	Options

	mu    sync.Mutex
	known []store.Load
	read  time.Time
}

// NewLoads looks at the staging services of an app.
func NewLoads(app App, clients *Clients, o Options) *Loads {
	return &Loads{app: app, Options: o, service: &service{app: app, clients: clients, definitions: &definitions{clients: clients}, Options: o}}
}

// Loads gives the load of each role. While AWS does not answer it is the one that was read last.
func (l *Loads) Loads(ctx context.Context) ([]store.Load, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known != nil && l.now().Sub(l.read).Abs() < loadsLast {
		return l.known, nil
	}
	fresh, err := l.look(ctx)
	switch {
	case err == nil:
		l.known, l.read = fresh, l.now()
	case l.known == nil:
		return nil, fault(err)
	}
	return l.known, nil
}

func (l *Loads) look(ctx context.Context) ([]store.Load, error) {
	var names []string
	for _, r := range l.app.Roles {
		names = append(names, r.Service)
	}
	services, err := l.service.describe(ctx, names)
	if err != nil {
		return nil, err
	}
	var all []store.Load
	for _, r := range l.app.Roles {
		variables := map[string]string{}
		if from := services[r.Service]; deref(from.Status) == active { // one that is missing is told where it is derived from
			found, err := l.service.definitions.get(ctx, deref(from.TaskDefinition))
			if err != nil {
				return nil, err
			}
			if i := mainContainer(found.ContainerDefinitions, r.Container, r.Port); i >= 0 {
				variables = plainIn(found.ContainerDefinitions[i])
			}
		}
		for name, value := range l.app.Environment {
			variables[name] = value
		}
		all = append(all, r.load(variables, int(desired(store.Spec{}))))
	}
	return all, nil
}

// load is what a role's tasks may ask of the database: as the configuration says it, else as their variables do.
func (r Role) load(variables map[string]string, tasks int) store.Load {
	number := func(name string) int {
		n, err := strconv.Atoi(variables[name])
		if err != nil {
			return 0
		}
		return max(n, 0)
	}
	told := cmp.Or(r.Pool, number("DB_POOL"), number("DATABASE_POOL"), number("RAILS_MAX_THREADS"))
	return store.Load{
		Role: r.Name, Tasks: tasks, Processes: cmp.Or(r.Processes, number("WEB_CONCURRENCY"), 1), Pool: cmp.Or(told, usualPool),
		Replace: r.Replace, Assumed: told == 0,
	}
}

// plainIn are a container's variables that everybody may see.
func plainIn(c ecstypes.ContainerDefinition) map[string]string {
	values := map[string]string{}
	for _, v := range c.Environment {
		values[deref(v.Name)] = deref(v.Value)
	}
	return values
}
