package compute

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/provisioner"
	"qabot/store"
)

// look reads everything about a number of environments: services ten at a time, the rest side by side.
func (s *service) look(ctx context.Context, envs []store.Environment) ([]serviceSight, error) {
	services, err := s.together(ctx, envs)
	if err != nil {
		return nil, err
	}
	from, err := s.staging(ctx, services[s.role.Service])
	if err != nil {
		return nil, err
	}
	groups, err := s.groups(ctx, envs)
	if err != nil {
		return nil, err
	}
	sights := make([]serviceSight, len(envs))
	err = each(ctx, len(envs), func(ctx context.Context, i int) error {
		v := serviceSight{staging: from, group: groups[envs[i].ID]}
		if found, ok := services[s.name(envs[i].ID)]; ok && deref(found.Status) != inactive {
			v.service = &found
		}
		complete, err := s.complete(ctx, envs[i], v)
		sights[i] = complete
		return err
	})
	return sights, err
}

// together reads the services of these environments, those of all roles and what they are derived from at once.
func (s *service) together(ctx context.Context, envs []store.Environment) (map[string]ecstypes.Service, error) {
	return provisioner.Once(ctx, "services/"+s.app.Name, func(ctx context.Context) (map[string]ecstypes.Service, error) {
		var staging, names []string
		for _, role := range s.app.Roles {
			staging = append(staging, role.Service)
			for _, env := range envs {
				names = append(names, targetGroup(env.ID, role.Name))
			}
		}
		if s.app.Redis != "" {
			for _, env := range envs {
				names = append(names, targetGroup(env.ID, redisRole))
			}
		}
		key := "staging/" + s.app.Name
		from, known := recall[map[string]ecstypes.Service](&s.clients.memory, key, s.now())
		shares := provisioner.Looking(ctx) && !provisioner.AtRest(ctx) && s.Share > 0
		if known && (shares || provisioner.AtRest(ctx)) {
			staging = nil
		}
		found, err := s.read(ctx, append(staging, names...), shares)
		if err != nil {
			return nil, err
		}
		read := map[string]ecstypes.Service{}
		for _, name := range staging {
			if one, ok := found[name]; ok {
				read[name] = one
			}
		}
		if len(staging) == 0 {
			maps.Copy(found, from)
		} else {
			s.clients.memory.keep(key, read, s.now().Add(brief))
		}
		return found, nil
	})
}

// read describes services; shared with looks at other environments where that may be.
func (s *service) read(ctx context.Context, names []string, shares bool) (map[string]ecstypes.Service, error) {
	if !shares {
		return s.describe(ctx, names)
	}
	known, ask := s.clients.poller.plan(s.app.Cluster, names, s.now(), s.Share)
	if len(ask) == 0 {
		return known, nil
	}
	found, err := s.describe(ctx, ask)
	if err != nil {
		return nil, err
	}
	s.clients.poller.keep(s.app.Cluster, ask, found, s.now())
	return merged(known, found), nil
}

func (s *service) describe(ctx context.Context, names []string) (map[string]ecstypes.Service, error) {
	found := map[string]ecstypes.Service{}
	var mu sync.Mutex
	parts := slices.Collect(slices.Chunk(unique(names), servicesPerCall))
	err := each(ctx, len(parts), func(ctx context.Context, i int) error {
		out, err := s.clients.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.app.Cluster, Services: parts[i],
			Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags}})
		if err != nil {
			return fmt.Errorf("describe services: %w", err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, one := range out.Services {
			found[deref(one.ServiceName)] = one
		}
		return nil
	})
	return found, err
}

func (s *service) staging(ctx context.Context, found ecstypes.Service) (*staging, error) {
	if deref(found.Status) != active {
		return nil, nil
	}
	def, err := s.definitions.get(ctx, deref(found.TaskDefinition))
	if err != nil {
		return nil, err
	}
	uri, err := s.registry.address(ctx)
	if err != nil {
		return nil, err
	}
	return &staging{service: found, definition: def.TaskDefinition, repository: uri}, nil
}

// groups gives the ARNs of the target groups that the environments' routes have made.
func (s *service) groups(ctx context.Context, envs []store.Environment) (map[store.ID]string, error) {
	found := map[store.ID]string{}
	if s.role.Port == 0 {
		return found, nil
	}
	names := make([]string, len(envs))
	for i, env := range envs {
		names[i] = s.name(env.ID)
	}
	groups, err := s.balancer.groups(ctx, names)
	if err != nil {
		return nil, err
	}
	arns := make([]string, 0, len(groups))
	for _, g := range sorted(groups) {
		arns = append(arns, deref(g.TargetGroupArn))
	}
	tags, err := s.balancer.tags(ctx, arns)
	if err != nil {
		return nil, err
	}
	for _, env := range envs {
		if arn := deref(groups[s.name(env.ID)].TargetGroupArn); arn != "" && s.app.owns(env.ID, tags[arn]) {
			found[env.ID] = arn
		}
	}
	return found, nil
}

// complete reads what the APIs give of one service at a time.
func (s *service) complete(ctx context.Context, env store.Environment, v serviceSight) (serviceSight, error) {
	if v.service == nil {
		if env.Spec.Wants(s.Kind(), s.now()) {
			return v, nil
		}
		var err error
		v.definitions, err = s.definitions.deletable(ctx, s.app.family(env.ID, s.role.Name), func(tags map[string]string) bool {
			return s.app.owns(env.ID, tags)
		})
		return v, err
	}
	if deref(v.service.Status) != active || !s.app.owns(env.ID, fromECS(v.service.Tags)) {
		return v, nil
	}
	if provisioner.AtRest(ctx) && s.quiet(env, v) {
		f := env.Facts[s.Kind()]
		v.commits, v.hash, v.healthy = map[string]string{f.Ref: f.Commit}, f.Hash, v.service.DesiredCount
		v.proof = s.hear(ctx, env, v)
		return v, nil
	}
	v.commits = map[string]string{}
	for _, d := range v.service.Deployments {
		def, err := s.definitions.get(ctx, deref(d.TaskDefinition))
		if err != nil {
			return v, err
		}
		if s.app.owns(env.ID, def.tags) {
			v.commits[deref(d.TaskDefinition)] = def.tags[tagCommit]
			if deref(d.Status) == primary {
				v.hash = def.tags[tagHash]
			}
		}
	}
	if v.group == "" {
		v.proof = s.hear(ctx, env, v)
		return v, nil
	}
	out, err := s.clients.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &v.group})
	if err != nil {
		return v, fmt.Errorf("describe health of %s: %w", s.name(env.ID), err)
	}
	for _, t := range out.TargetHealthDescriptions {
		if t.TargetHealth == nil {
			continue
		}
		switch t.TargetHealth.State {
		case elbtypes.TargetHealthStateEnumHealthy:
			v.healthy++
		case elbtypes.TargetHealthStateEnumUnhealthy:
			v.sick = statusIn(deref(t.TargetHealth.Description))
		}
	}
	v.proof = s.hear(ctx, env, v)
	return v, nil
}

// quiet tells that a service at rest says of itself that it is as it was left when its rollout was concluded, so that its
// task definition and its targets need not be looked at; now and then they are all the same.
func (s *service) quiet(env store.Environment, v serviceSight) bool {
	f, p := env.Facts[s.Kind()], v.primary()
	switch {
	case f.Outcome != store.Succeeded || f.Hash == "" || f.Ref != deref(p.TaskDefinition) || f.Extra != deref(p.Id),
		env.Status.Seen[s.Kind()].State != store.Ready, len(v.service.Deployments) != 1,
		v.service.RunningCount != v.service.DesiredCount, v.service.PendingCount != 0:
		return false
	case s.role.Port != 0 && v.service.DesiredCount > 0 && !v.steady():
		return false
	}
	return !s.clients.memory.due("service/"+deref(v.service.ServiceArn), s.now())
}

// steady tells whether the newest that the service has to say is that all is well. It saves a look, and decides nothing:
// targets that fall ill are told of there before ECS replaces their tasks.
func (v serviceSight) steady() bool {
	return len(v.service.Events) > 0 && strings.Contains(deref(v.service.Events[0].Message), "has reached a steady state")
}
