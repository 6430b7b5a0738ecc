package compute

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"qabot/provisioner"
	"qabot/provisioner/awssim"
	"qabot/store"
)

// Times of a middling app: an image built from layers that are mostly there, migrations of a schema of some age, an image
// that Fargate pulls in half a minute.
const (
	buildTime   = 6 * time.Minute
	migrateTime = 45 * time.Second
)

// newFleet makes a world of three roles, one of them without a port, whose passes come at the usual pace on the virtual clock.
func newFleet(b testing.TB, change ...func(*awssim.Options)) *fleet {
	if _, err := os.Stat("/dev/shm"); err == nil {
		b.Setenv("TMPDIR", "/dev/shm") // what is measured is AWS, not the disk below the store
	}
	w := newWorld(b, append([]func(*awssim.Options){func(o *awssim.Options) {
		q := awssim.DefaultQuotas()
		q.ListenersPerBalancer, q.TargetGroupsPerBalancer, q.TargetGroups, q.ConcurrentBuilds = 9000, 9000, 9000, 9000
		o.Quotas, o.Throttle = &q, true
	}}, change...)...)
	w.region.AddProject("slow-image", awssim.ProjectOptions{BuildTime: buildTime})
	w.region.AddProject("slow-migration", awssim.ProjectOptions{BuildTime: migrateTime})
	for _, name := range []string{"shop-admin", "shop-worker"} {
		w.stageService(name, "")
	}
	w.app.ImageProject, w.app.MigrateProject, w.app.FirstPort, w.app.LastPort = "slow-image", "slow-migration", 20000, 29999
	w.app.Roles = append(w.app.Roles, Role{Name: "admin", Service: "shop-admin", Port: 3000}, Role{Name: "worker", Service: "shop-worker"})
	w.options.Share = provisioner.Usual.Look * 4 / 5
	f := &fleet{world: w}
	f.build()
	return f
}

// fleet is a world with several environments.
type fleet struct {
	*world
	ids []store.ID
}

// build adds to the world's stages what schema and keyspace ask AWS.
func (f *fleet) build() {
	f.world.build()
	vault := NewParameters(f.clients, "acme", f.region.Now)
	f.stages[0] = append(f.stages[0], secretOf{vault, "DATABASE_URL", "schema"}, secretOf{vault, "REDIS_URL", "keyspace"})
	f.rec.Pace = provisioner.Usual
}

// secretOf is what a resource with a password asks of the vault.
type secretOf struct {
	vault *Parameters
	name  string
	kind  store.Kind
}

func (s secretOf) Kind() store.Kind { return s.kind }

func (s secretOf) Observe(ctx context.Context, envs []store.Environment) ([]store.Observation, error) {
	ids := make([]store.ID, len(envs))
	for i, env := range envs {
		ids[i] = env.ID
	}
	kept, err := s.vault.Look(ctx, ids, s.name)
	if err != nil {
		return nil, err
	}
	seen := make([]store.Observation, len(envs))
	for i, id := range ids {
		seen[i].State = store.Absent
		if _, ok := kept[id]; ok {
			seen[i].State = store.Ready
		}
		if !envs[i].Spec.Wants(s.kind, time.Now()) && seen[i].State == store.Ready {
			seen[i].State = store.Stale
		}
	}
	return seen, nil
}

func (s secretOf) Apply(ctx context.Context, c *store.Claim, _ store.Observation) error {
	_, err := s.vault.Put(ctx, c, s.name, secretValue)
	return err
}

func (s secretOf) Remove(ctx context.Context, c *store.Claim, _ store.Observation) error {
	return s.vault.Delete(ctx, c, s.name)
}

// wish changes the wishes of all environments; with new ones there are n of them.
func (f *fleet) wish(n int, change func(*store.Spec)) {
	f.Helper()
	for len(f.ids) < n {
		f.ids = append(f.ids, store.NewID("acme", "shop", fmt.Sprintf("feature/%d", len(f.ids))))
	}
	for i, id := range f.ids {
		if _, err := f.store.Want(f.Context(), id, func(s *store.Spec) ([]store.Event, error) {
			s.App, s.Repo, s.Branch = "shop", "acme/shop", fmt.Sprintf("feature/%d", i)
			change(s)
			s.Generation++
			return nil, nil
		}); err != nil {
			f.Fatal(err)
		}
	}
}

// reach makes passes over every environment, each when it is due, until all are in that phase, and tells how long it took.
func (f *fleet) reach(want store.Phase) time.Duration {
	f.Helper()
	begin, due := f.region.Now(), map[store.ID]time.Time{}
	for i, id := range f.ids {
		due[id] = begin.Add(time.Duration(i) * time.Millisecond)
	}
	for len(due) > 0 {
		next := slices.MinFunc(slices.Collect(maps.Keys(due)), func(a, b store.ID) int {
			return cmp.Or(due[a].Compare(due[b]), strings.Compare(string(a), string(b)))
		})
		if wait := due[next].Sub(f.region.Now()); wait > 0 {
			f.region.Advance(wait)
		}
		if f.region.Now().Sub(begin) > 4*time.Hour {
			env, _ := f.store.Get(f.Context(), next)
			f.Fatalf("%s is never %s: %+v", next, want, env.Status.Seen)
		}
		if err := f.store.Wake(f.Context(), next); err != nil {
			f.Fatal(err)
		}
		again, err := f.rec.Pass(f.Context(), next)
		if err != nil {
			f.Fatal(err)
		}
		env, err := f.store.Get(f.Context(), next)
		if err != nil {
			f.Fatal(err)
		}
		if env.Phase(f.region.Now()) == want && env.Status.Version == env.Spec.Version {
			delete(due, next)
			continue
		}
		due[next] = f.region.Now().Add(max(again, time.Millisecond))
	}
	return f.region.Now().Sub(begin)
}

// counted gives the calls since then by action, the most frequent first, and their number.
func (f *fleet) counted() (total int, table string) {
	counts := map[string]int{}
	for _, c := range f.region.Calls() {
		counts[c.Action]++
		total++
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	f.region.ForgetCalls()
	return total, strings.Join(names, ", ")
}

// BenchmarkUp compares how long one environment takes with what it cannot do without: the build, the migration, and the
// slowest role from its first call to its health. Beside it the same work strictly one thing after the other.
func BenchmarkUp(b *testing.B) {
	for b.Loop() {
		f := newFleet(b)
		f.wish(1, func(s *store.Spec) { s.Commit = first })
		cold, least := f.reach(store.Up), f.least()
		b.Logf("cold: %s, critical path %s, ratio %.3f", cold, least, ratio(cold, least))
		b.ReportMetric(ratio(cold, least), "cold")

		g := newFleet(b)
		if err := g.region.PushImage("shop", imageTag(first)); err != nil {
			b.Fatal(err)
		}
		g.wish(1, func(s *store.Spec) { s.Commit = first })
		built, least := g.reach(store.Up), g.least()
		b.Logf("image already built: %s, critical path %s, ratio %.3f", built, least, ratio(built, least))
		b.ReportMetric(ratio(built, least), "built")

		h := newFleet(b)
		var one provisioner.Stages
		for _, line := range h.stages {
			for _, r := range line {
				one = append(one, []provisioner.Resource{r})
			}
		}
		h.rec.Apps = map[string]provisioner.Stages{"shop": one}
		h.wish(1, func(s *store.Spec) { s.Commit = first })
		serial := h.reach(store.Up)
		b.Logf("one thing after the other: %s, ratio %.3f", serial, ratio(serial, h.least()))
		b.ReportMetric(ratio(serial, h.least()), "serial")
	}
}

func ratio(took, least time.Duration) float64 { return took.Seconds() / least.Seconds() }

// least is the critical path of the only environment, as the region has seen it.
func (f *fleet) least() (sum time.Duration) {
	f.Helper()
	for _, kind := range []store.Kind{ImageKind, MigrationKind} {
		for _, r := range f.ran(kind) {
			sum += r.ended.Sub(r.began)
		}
	}
	var slowest time.Duration
	made := map[string]time.Time{}
	for _, c := range f.region.Calls() {
		if c.Action == "CreateService" && c.Fence > 0 {
			for _, role := range f.app.Roles {
				if strings.Contains(string(c.Input), `"serviceName":"`+targetGroup(f.ids[0], role.Name)+`"`) {
					made[role.Name] = c.Time
				}
			}
		}
	}
	for role, at := range made {
		for _, d := range f.described(targetGroup(f.ids[0], role)).Deployments {
			// The deployment is complete when its tasks are healthy.
			slowest = max(slowest, deref(d.UpdatedAt).Sub(at))
		}
	}
	return sum + slowest
}

// ran gives the runs of that kind.
func (f *fleet) ran(kind store.Kind) []run {
	f.Helper()
	r := builds{clients: f.hand, app: f.app, kind: kind, project: f.app.ImageProject}
	if kind == MigrationKind {
		r.project = f.app.MigrateProject
	}
	all, err := r.recent(f.Context(), nil)
	if err != nil {
		f.Fatal(err)
	}
	return all
}

// BenchmarkCallsOfOne counts the calls of one environment's life.
func BenchmarkCallsOfOne(b *testing.B) {
	for b.Loop() {
		f := newFleet(b)
		f.region.ForgetCalls()
		for _, part := range []struct {
			name   string
			change func(*store.Spec)
			until  store.Phase
		}{
			{"up", func(s *store.Spec) { s.Commit = first }, store.Up},
			{"push", func(s *store.Spec) { s.Commit = second }, store.Up},
			{"down", func(s *store.Spec) { s.Released = true }, store.Removed},
		} {
			f.wish(1, part.change)
			took := f.reach(part.until)
			total, table := f.counted()
			b.Logf("%s: %d calls in %s: %s", part.name, total, took, table)
			b.ReportMetric(float64(total), part.name)
		}
	}
}

// BenchmarkCallsOfSweeps counts the calls of a sweep over environments that nobody changed.
func BenchmarkCallsOfSweeps(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				f := newFleet(b, func(o *awssim.Options) { o.Throttle = false })
				if err := f.region.PushImage("shop", imageTag(first)); err != nil {
					b.Fatal(err)
				}
				f.populate(n)
				times := max(6, 600/n)
				b.ReportMetric(float64(f.sweeps(times))/float64(times*n), "calls/env")
			}
		})
	}
}

// populate makes n environments that are up without the passes: each of those reads all listeners there are.
func (f *fleet) populate(n int) {
	f.Helper()
	f.wish(n, func(s *store.Spec) { s.Commit = first })
	for i, id := range f.ids {
		c := f.claim(id)
		f.must(f.store.Note(f.Context(), c, ImageKind, store.Fact{Commit: first, Passed: first}))
		f.must(f.store.Note(f.Context(), c, MigrationKind, store.Fact{Commit: first, Passed: first, Outcome: store.Succeeded}))
		f.ledger.migrated[inLedger(c.Environment, first)] = true
		for j, role := range f.app.Roles {
			f.furnishRole(c, role, 20000+2*i+j)
		}
		vault := NewParameters(f.clients, "acme", f.region.Now)
		for _, name := range []string{"DATABASE_URL", "REDIS_URL"} {
			if _, err := vault.Put(f.Context(), c, name, secretValue); err != nil {
				f.Fatal(err)
			}
		}
		f.must(f.store.Settle(f.Context(), c, c.Status, 0))
	}
	f.region.Advance(5 * time.Minute)
	seen := make([]map[store.Kind]store.Observation, n)
	envs := make([]store.Environment, n)
	for i, id := range f.ids {
		c := f.claim(id)
		f.conclude(c)
		seen[i], envs[i] = map[store.Kind]store.Observation{}, c.Environment
		f.must(f.store.Settle(f.Context(), c, c.Status, 0))
	}
	ctx := provisioner.Look(f.Context())
	for _, r := range slices.Concat(f.stages...) {
		all, err := r.Observe(ctx, envs)
		f.must(err)
		for i, o := range all {
			if o.State != store.Ready {
				f.Fatalf("%s of %s is %+v", r.Kind(), envs[i].ID, o)
			}
			seen[i][r.Kind()] = o
		}
	}
	for i, id := range f.ids {
		c := f.claim(id)
		status := store.Status{Version: c.Spec.Version, Generation: c.Spec.Generation, Commit: first, Serving: first, Seen: seen[i]}
		f.must(f.store.Settle(f.Context(), c, status, time.Hour))
	}
}

func (f *fleet) claim(id store.ID) *store.Claim {
	f.Helper()
	c, err := f.store.Claim(f.Context(), id, "test")
	if err != nil || c == nil {
		f.Fatal(c, err)
	}
	return c
}

func (f *fleet) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// furnishRole makes one role's things with the product's own calls.
func (f *fleet) furnishRole(c *store.Claim, role Role, port int) {
	f.Helper()
	ctx := store.WithClaim(f.Context(), c)
	svc := f.resource(store.Of("service", role.Name)).(*service)
	found, err := svc.describe(provisioner.Look(ctx), []string{role.Service})
	f.must(err)
	from, err := svc.staging(ctx, found[role.Service])
	f.must(err)
	v := serviceSight{staging: from}
	if role.Port != 0 {
		rt := f.resource(store.Of("route", role.Name)).(*route)
		at, err := f.store.Allot(ctx, c, rt.Kind(), rt.pool(), []int{port})
		f.must(err)
		h := hall{Balancer: rt.app.balancers()[0]}
		h.LoadBalancer, err = rt.balancers[0].find(ctx)
		f.must(err)
		v.group, err = rt.applyGroup(ctx, c.Environment, h, way{})
		f.must(err)
		f.must(rt.open(ctx, c.Environment, h, at, v.group))
	}
	env, err := f.store.Get(ctx, c.ID)
	f.must(err)
	c.Environment = env
	f.must(svc.roll(ctx, c, v, true))
}

// conclude notes that the rollouts have succeeded.
func (f *fleet) conclude(c *store.Claim) {
	f.Helper()
	for _, role := range f.app.Roles {
		env, err := f.store.Get(f.Context(), c.ID)
		f.must(err)
		c.Environment = env
		svc := f.resource(store.Of("service", role.Name)).(*service)
		one := f.described(targetGroup(c.ID, role.Name))
		def, err := svc.definitions.get(f.Context(), *one.TaskDefinition)
		f.must(err)
		f.must(svc.conclude(f.Context(), c, serviceSight{service: &one, hash: def.tags[tagHash]}, store.Detail{}))
	}
	env, err := f.store.Get(f.Context(), c.ID)
	f.must(err)
	c.Environment = env
}

// sweeps sweeps so many times, a minute apart, prints the calls by action, and gives their number.
func (f *fleet) sweeps(times int) int {
	f.Helper()
	s := &provisioner.Sweeper{Store: f.store, Apps: f.rec.Apps, Owner: "test", Now: f.region.Now, Log: f.rec.Log,
		Woken: func(id store.ID) { f.Errorf("%s was woken", id) }, Used: NewUsage(f.clients, f.options, f.app).Last, Usage: 5 * time.Minute}
	f.region.ForgetCalls()
	for range times {
		f.region.Advance(time.Minute)
		if err := s.Once(f.Context()); err != nil {
			f.Fatal(err)
		}
	}
	total, table := f.counted()
	f.Logf("%d environments: %.2f calls for each in a sweep; in %d sweeps: %s", len(f.ids), float64(total)/float64(times*len(f.ids)), times, table)
	return total
}

// BenchmarkCrowd brings a hundred environments up at once, and counts the calls that AWS refused because its buckets were empty.
func BenchmarkCrowd(b *testing.B) {
	for b.Loop() {
		f := newFleet(b)
		f.clients = NewClients(configOf(b, f.region, newPacer(f.region.Now, 0)))
		f.build()
		f.rec.Log = slog.New(slog.DiscardHandler)
		f.region.ForgetCalls()
		f.wish(100, func(s *store.Spec) { s.Commit = first })
		took := f.reach(store.Up)
		refused := map[string]int{}
		for _, c := range f.region.Calls() {
			if strings.Contains(c.Error, "Throttl") {
				refused[c.Action]++
			}
		}
		total, table := f.counted()
		b.Logf("all are up after %s; %d calls: %s; refused: %v", took, total, table, refused)
		n := 0
		for _, times := range refused {
			n += times
		}
		b.ReportMetric(float64(n), "throttled")
		b.ReportMetric(took.Seconds(), "s-virtual")
	}
}
