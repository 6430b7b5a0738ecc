package compute

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"qabot/provisioner/compute/ec2"
	"qabot/store"
)

// site is a network in which tasks or builds are.
type site struct {
	name            string // who is there
	subnets, groups []string
	public          bool    // what is there has public addresses
	builds          bool    // CodeBuild's
	migrates        bool    // migrations run there
	ports           []int32 // at which load balancers reach it
}

// aim is a Server with the addresses that its name has.
type aim struct {
	Server
	port      int32
	addresses []netip.Addr
	unknown   error // why there is none
}

// gate is a QA load balancer in its network.
type gate struct {
	name, vpc       string
	groups, subnets []string
}

// surroundings are what EC2 tells of the network around sites. Everything below only thinks about it.
type surroundings struct {
	subnets    []ec2.Subnet
	tables     []ec2.RouteTable
	gateways   []ec2.NATGateway
	endpoints  []ec2.Endpoint
	groups     []ec2.SecurityGroup
	interfaces []ec2.NetworkInterface // that have an address of an aim
	gates      []gate
	redis      *site // where each environment has a Redis of its own
}

// examine tells of a site how it gets out, and of those whom it needs or who need it whether they reach one another.
func (s surroundings) examine(p site, aims []aim) store.Finding {
	what := "of " + p.name
	room, ok := s.room(p)
	if !ok {
		return store.Found(what, room)
	}
	below := []store.Finding{room, s.wayOut(p)}
	if len(p.ports) > 0 {
		for _, d := range s.gates {
			below = append(below, s.wayFrom(d, p))
		}
	}
	for _, a := range aims {
		if !p.builds || p.migrates && !a.Tasks {
			below = append(below, s.wayTo(p, a))
		}
	}
	if s.redis != nil && (!p.builds || p.migrates) {
		below = append(below, s.wayToRedis(p))
	}
	return store.Found(what, below...)
}

// room tells of the subnets themselves; where it is not ok, there is nothing more to be said.
func (s surroundings) room(p site) (f store.Finding, ok bool) {
	const what = "subnets"
	fix := "network.subnets, or the subnets of staging's services"
	if p.builds {
		fix = "private_subnets of manifests/terraform, or subnets in the project's vpc_config"
	}
	var missing, vpcs []string
	free, sixOnly := 0, false
	for _, id := range p.subnets {
		found, ok := s.subnet(id)
		if !ok {
			missing = append(missing, id)
			continue
		}
		vpcs, free, sixOnly = append(vpcs, found.VPC), free+found.AvailableAddresses, sixOnly || found.CIDR == ""
	}
	vpcs = unique(vpcs)
	switch {
	case len(missing) > 0:
		return bad(what, "not there: "+strings.Join(missing, ", "), fix), false
	case len(vpcs) == 0:
		return store.Finding{Verdict: store.Skipped, What: what, Said: "none is named"}, false
	case len(vpcs) > 1:
		return bad(what, "they lie in several networks: "+strings.Join(vpcs, ", "), fix), false
	case free == 0 && sixOnly:
		return good(what, "%s in %s, with addresses of IPv6", strings.Join(p.subnets, ", "), vpcs[0]), true
	case free == 0:
		return bad(what, strings.Join(p.subnets, ", ")+" have no address left, and each task or build needs one", fix), true
	}
	return good(what, "%s in %s, with %d address(es) left", strings.Join(p.subnets, ", "), vpcs[0], free), true
}

func (s surroundings) subnet(id string) (ec2.Subnet, bool) {
	i := slices.IndexFunc(s.subnets, func(one ec2.Subnet) bool { return one.ID == id })
	if i < 0 {
		return ec2.Subnet{}, false
	}
	return s.subnets[i], true
}

// vpc is the network of a site.
func (s surroundings) vpc(p site) string {
	for _, id := range p.subnets {
		if found, ok := s.subnet(id); ok {
			return found.VPC
		}
	}
	return ""
}

// table gives the routes of a subnet: its own table's, or the main one's.
func (s surroundings) table(subnet ec2.Subnet) (ec2.RouteTable, bool) {
	for _, main := range []bool{false, true} {
		for _, t := range s.tables {
			if slices.ContainsFunc(t.Associations, func(a ec2.Association) bool {
				return !main && a.Subnet == subnet.ID || main && a.Main && t.VPC == subnet.VPC
			}) {
				return t, true
			}
		}
	}
	return ec2.RouteTable{}, false
}

// towards is the route that an address takes: the narrowest that has it.
func towards(t ec2.RouteTable, to netip.Addr) (route ec2.Route, ok bool) {
	bits := -1
	for _, r := range t.Routes {
		if block, err := netip.ParsePrefix(r.CIDR); err == nil && block.Contains(to) && block.Bits() > bits {
			route, bits = r, block.Bits()
		}
	}
	return route, bits >= 0
}

// listed tells whether a route is for a prefix list, which is not looked into. Those to a gateway endpoint lead to AWS alone.
func listed(r ec2.Route) bool {
	return r.PrefixList != "" && r.State != ec2.Blackhole && !strings.HasPrefix(r.Gateway, "vpce-")
}

// hop names what a route leads to.
func hop(r ec2.Route) string {
	for _, id := range []string{r.NATGateway, r.Transit, r.Peering, r.Instance, r.Interface, r.Local, r.Carrier, r.Core, r.Gateway} {
		if id != "" {
			return id
		}
	}
	return "nothing that is known"
}

// worst gives the finding that matters most: a bad one, one that could not be made, or the first.
func worst(findings []store.Finding) store.Finding {
	for _, v := range []store.Verdict{store.Bad, store.Skipped} {
		for _, f := range findings {
			if f.Verdict == v {
				return f
			}
		}
	}
	return findings[0]
}

func unclear(what, format string, args ...any) store.Finding {
	return store.Finding{Verdict: store.Skipped, What: what, Said: fmt.Sprintf(format, args...)}
}
