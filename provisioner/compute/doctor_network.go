package compute

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"qabot/provisioner/compute/ec2"
	"qabot/store"
)

// Server is what tasks and migrations have to reach.
type Server struct {
	Name    string // for people
	Address string // host:port as tasks see it
	Tasks   bool   // only tasks reach it; else migrations do, too
}

// networks looks at every network in which tasks and builds of the app are: how they get out, and whether they are let in where
// they must be. Network access lists are not looked at.
func (d examiner) networks(ctx context.Context, servers []Server) store.Finding {
	const what = "networks"
	sites, err := d.sites(ctx)
	if err != nil {
		return trouble(what, err, "")
	}
	if len(sites) == 0 {
		return store.Finding{Verdict: store.Skipped, What: what, Said: "neither tasks nor builds have one of their own"}
	}
	aims := make([]aim, len(servers))
	for i, s := range servers {
		aims[i] = resolve(ctx, s)
	}
	around, err := d.survey(ctx, sites, aims)
	if err != nil {
		return trouble(what, err, "")
	}
	if d.app.Redis != "" && !sites[0].builds {
		around.redis = &sites[0] // it is derived from the first role
	}
	var below []store.Finding
	for _, p := range sites {
		below = append(below, around.examine(p, aims))
	}
	return store.Found(what, below...)
}

// sites are the networks of tasks and builds, each once.
func (d examiner) sites(ctx context.Context) (sites []site, err error) {
	var names []string
	for _, r := range d.app.Roles {
		names = append(names, r.Service)
	}
	s := &service{app: d.app, clients: d.clients}
	found, err := s.describe(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, r := range d.app.Roles {
		network := s.network(found[r.Service].NetworkConfiguration)
		if network == nil || network.AwsvpcConfiguration == nil {
			continue // that one is needed is told where services are
		}
		vpc := network.AwsvpcConfiguration
		p := site{name: r.Name, subnets: vpc.Subnets, groups: vpc.SecurityGroups, public: vpc.AssignPublicIp == ecstypes.AssignPublicIpEnabled, migrates: r.Name == d.app.MigrateRole}
		if r.Port > 0 {
			p.ports = []int32{int32(r.Port)}
		}
		sites = together(sites, p)
	}
	var projects []string
	if d.app.Pipeline+d.app.PipelineTemplate != "" {
		projects, _, _ = Pipeline(ctx, d.app, d.clients) // that it cannot be read is told where the pipeline is
	} else {
		projects = append(projects, d.app.ImageProject)
	}
	if d.app.MigrateRole == "" {
		projects = append(projects, d.app.MigrateProject)
	}
	projects = slices.DeleteFunc(unique(projects), func(name string) bool { return name == "" })
	if len(projects) == 0 {
		return sites, nil
	}
	out, err := d.clients.CodeBuild.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: projects})
	if err != nil {
		return nil, fmt.Errorf("describe build projects: %w", err)
	}
	for _, p := range out.Projects {
		if v := p.VpcConfig; v != nil && deref(v.VpcId) != "" {
			name := deref(p.Name)
			sites = together(sites, site{name: name, subnets: v.Subnets, groups: v.SecurityGroupIds, builds: true, migrates: d.app.MigrateRole == "" && name == d.app.MigrateProject})
		}
	}
	return sites, nil
}

// together adds a site to those that are known, or to the one that is the same network.
func together(sites []site, p site) []site {
	for i := range sites {
		q := &sites[i]
		if q.builds == p.builds && q.migrates == p.migrates && q.public == p.public && same(q.subnets, p.subnets) && same(q.groups, p.groups) {
			q.name += ", " + p.name
			q.ports = unique(append(q.ports, p.ports...))
			return sites
		}
	}
	return append(sites, p)
}

// resolve finds the addresses of a server as they are seen from here.
func resolve(ctx context.Context, s Server) aim {
	a := aim{Server: s}
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		a.unknown = err
		return a
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		a.unknown = fmt.Errorf("port of %s: %w", s.Address, err)
		return a
	}
	a.port = int32(n)
	a.addresses, a.unknown = net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	return a
}

// survey asks EC2 about all that the sites have to do with.
func (d examiner) survey(ctx context.Context, sites []site, aims []aim) (s surroundings, err error) {
	var subnets, groups, addresses []string
	for _, p := range sites {
		subnets, groups = append(subnets, p.subnets...), append(groups, p.groups...)
	}
	for _, b := range d.app.shared(d.clients, Options{}) {
		if b.name == "" {
			continue // no role has a port
		}
		found, err := b.find(ctx)
		if err != nil {
			continue // that it is not there is told where load balancers are
		}
		gate := gate{name: b.name, vpc: deref(found.VpcId), groups: found.SecurityGroups}
		for _, z := range found.AvailabilityZones {
			gate.subnets = append(gate.subnets, deref(z.SubnetId))
		}
		s.gates = append(s.gates, gate)
		subnets, groups = append(subnets, gate.subnets...), append(groups, gate.groups...)
	}
	for _, a := range aims {
		for _, address := range a.addresses {
			addresses = append(addresses, address.Unmap().String())
		}
	}
	if s.subnets, err = d.clients.EC2.Subnets(ctx, among("subnet-id", subnets)); err != nil {
		return s, err
	}
	var vpcs []string
	for _, one := range s.subnets {
		vpcs = append(vpcs, one.VPC)
	}
	if len(vpcs) == 0 {
		return s, nil
	}
	if len(addresses) > 0 {
		if s.interfaces, err = d.clients.EC2.NetworkInterfaces(ctx, among("addresses.private-ip-address", addresses)); err != nil {
			return s, err
		}
	}
	for _, i := range s.interfaces {
		for _, g := range i.Groups {
			groups = append(groups, g.ID)
		}
	}
	within := among("vpc-id", vpcs)
	if s.tables, err = d.clients.EC2.RouteTables(ctx, within); err != nil {
		return s, err
	}
	if s.gateways, err = d.clients.EC2.NATGateways(ctx, within); err != nil {
		return s, err
	}
	if s.endpoints, err = d.clients.EC2.Endpoints(ctx, within); err != nil {
		return s, err
	}
	if len(groups) > 0 {
		if s.groups, err = d.clients.EC2.SecurityGroups(ctx, among("group-id", groups)); err != nil {
			return s, err
		}
	}
	if slices.ContainsFunc(sites, func(p site) bool { return len(p.groups) == 0 }) {
		usual, err := d.clients.EC2.SecurityGroups(ctx, within, among("group-name", []string{usualGroup}))
		if err != nil {
			return s, err
		}
		s.groups = append(s.groups, usual...)
	}
	return s, nil
}

func among(name string, values []string) ec2.Filter {
	return ec2.Filter{Name: name, Values: unique(values)}
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
