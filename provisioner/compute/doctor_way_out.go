package compute

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"qabot/provisioner/compute/ec2"
	"qabot/store"
)

const everywhere, everywhereSix = "0.0.0.0/0", "::/0"

// needed are the services of AWS without which no task starts: for its image, whose layers lie in S3, its secrets and its log.
var needed = []string{"ecr.api", "ecr.dkr", "logs", "s3", "ssm"}

// wayOut tells whether what runs in the site fetches images, secrets and packages: from each of its subnets, for it may be put in
// any of them.
func (s surroundings) wayOut(p site) store.Finding {
	const what = "way out"
	var findings []store.Finding
	var through []string
	for _, id := range p.subnets {
		subnet, _ := s.subnet(id)
		table, ok := s.table(subnet)
		if !ok {
			findings = append(findings, unclear(what, "the routes of %s are not seen", id))
			continue
		}
		f := s.exit(p, subnet, table)
		f.What = what
		findings = append(findings, f)
		through = append(through, f.Said)
	}
	f := worst(findings)
	if f.Verdict == store.Good {
		f.Said = strings.Join(unique(through), "; ")
	}
	if from := s.end(p.name, s.vpc(p), p.groups, nil); f.Verdict == store.Good && !from.partial && !opens(egress(from.groups), httpsPort) {
		return bad(what, from.names()+" lets nothing out at port 443", fmt.Sprintf("aws ec2 authorize-security-group-egress --group-id %s --protocol tcp --port 443 --cidr %s", from.one(), everywhere))
	}
	return f
}

const httpsPort = 443

// exit follows the default route of one subnet.
func (s surroundings) exit(p site, subnet ec2.Subnet, t ec2.RouteTable) store.Finding {
	i := slices.IndexFunc(t.Routes, func(r ec2.Route) bool { return r.CIDR == everywhere })
	if i < 0 {
		return s.noExit(p, subnet, t)
	}
	r := t.Routes[i]
	leads := fmt.Sprintf("%s of %s leads to %s", everywhere, t.ID, hop(r))
	switch {
	case r.State == ec2.Blackhole:
		return bad("", leads+", which is gone", s.leadToNAT("replace", t))
	case r.NATGateway != "":
		return s.throughNAT(r.NATGateway, leads, t)
	case strings.HasPrefix(r.Gateway, "igw-") && p.public:
		return good("", "%s, with public addresses", leads)
	case strings.HasPrefix(r.Gateway, "igw-") && s.endpointsFor(t):
		return byEndpoints(p, leads+" and there are no public addresses")
	case strings.HasPrefix(r.Gateway, "igw-") && p.builds:
		return bad("", leads+", and CodeBuild never has a public address: builds reach nothing", "private_subnets of manifests/terraform: subnets whose way out is a NAT gateway")
	case strings.HasPrefix(r.Gateway, "igw-"):
		return bad("", leads+", and the tasks have no public addresses: they do not start", `assign_public_ip = true in network_configuration of staging's service; or network.subnets: subnets whose way out is a NAT gateway`)
	}
	return unclear("", "%s: what is behind it is not looked at", leads)
}

func (s surroundings) throughNAT(id, leads string, t ec2.RouteTable) store.Finding {
	i := slices.IndexFunc(s.gateways, func(n ec2.NATGateway) bool { return n.ID == id })
	if i < 0 {
		// The route to one that is gone is a blackhole; that of a network which another account shares is only not shown.
		return unclear("", "%s, which is not seen from here", leads)
	}
	n := s.gateways[i]
	switch {
	case n.State != "available":
		return bad("", strings.TrimSpace(fmt.Sprintf("%s, which is %s %s", leads, n.State, n.Failure)), s.leadToNAT("replace", t))
	case n.Connectivity == "private":
		return unclear("", "%s, a private NAT gateway: what is behind it is not looked at", leads)
	}
	if in, ok := s.gatewaysTable(n); ok && !slices.ContainsFunc(in.Routes, func(r ec2.Route) bool {
		return r.CIDR == everywhere && strings.HasPrefix(r.Gateway, "igw-") && r.State != ec2.Blackhole
	}) {
		return bad("", fmt.Sprintf("%s, whose own subnet %s has no way to an internet gateway", leads, n.Subnet),
			fmt.Sprintf("aws ec2 create-route --route-table-id %s --destination-cidr-block %s --gateway-id (the internet gateway of %s)", in.ID, everywhere, n.VPC))
	}
	return good("", "%s, which is available", leads)
}

// gatewaysTable gives the routes of the subnet that a NAT gateway stands in. A regional one stands in none.
func (s surroundings) gatewaysTable(n ec2.NATGateway) (ec2.RouteTable, bool) {
	if n.Subnet == "" {
		return ec2.RouteTable{}, false
	}
	return s.table(ec2.Subnet{ID: n.Subnet, VPC: n.VPC})
}

// leadToNAT is the line that makes or mends a default route, to a NAT gateway that is there if any is.
func (s surroundings) leadToNAT(verb string, t ec2.RouteTable) string {
	for _, n := range s.gateways {
		if n.VPC == t.VPC && n.State == "available" && n.Connectivity != "private" {
			return fmt.Sprintf("aws ec2 %s-route --route-table-id %s --destination-cidr-block %s --nat-gateway-id %s", verb, t.ID, everywhere, n.ID)
		}
	}
	return fmt.Sprintf(`resource "aws_nat_gateway" in a public subnet of %s, and aws_route from %s to it`, t.VPC, t.ID)
}

// reached parts what is needed into that which has an endpoint for a subnet with those routes, and that which has none.
func (s surroundings) reached(t ec2.RouteTable) (there, missing []string) {
	for _, service := range needed {
		if s.leadsTo(service, t) {
			there = append(there, service)
		} else {
			missing = append(missing, service)
		}
	}
	return there, missing
}

// endpointsFor tells whether there are endpoints for all that is needed.
func (s surroundings) endpointsFor(t ec2.RouteTable) bool {
	_, missing := s.reached(t)
	return len(missing) == 0
}

// byEndpoints is for a subnet with endpoints for all that is needed and, as is said, nothing else.
func byEndpoints(p site, said string) store.Finding {
	if p.builds {
		return unclear("", "%s: AWS is reached through endpoints, and whatever else the buildspec fetches is not", said)
	}
	return good("", "%s: images, secrets and logs go through endpoints", said)
}

// beyond tells whether a route may be a way out that is none for all addresses of IPv4: to a network with endpoints or a proxy
// for many, by IPv6, or for a prefix list.
func beyond(r ec2.Route) bool {
	return r.State != ec2.Blackhole && (r.Transit != "" || r.Core != "" || strings.HasPrefix(r.Gateway, "vgw-") || r.IPv6CIDR == everywhereSix || listed(r))
}

// noExit judges a subnet without a default route: endpoints may stand in for it.
func (s surroundings) noExit(p site, subnet ec2.Subnet, t ec2.RouteTable) store.Finding {
	there, missing := s.reached(t)
	said := fmt.Sprintf("%s of %s has no route to %s", t.ID, subnet.ID, everywhere)
	switch {
	case len(missing) == 0:
		return byEndpoints(p, said)
	case slices.ContainsFunc(t.Routes, beyond):
		return unclear("", "%s: what is behind its other routes is not looked at", said)
	case len(there) == 0:
		return bad("", said, s.leadToNAT("create", t))
	}
	return bad("", fmt.Sprintf("%s, and there are endpoints for %s but not for %s", said, strings.Join(there, ", "), strings.Join(missing, ", ")),
		fmt.Sprintf(`resource "aws_vpc_endpoint" for each of them; or %s`, s.leadToNAT("create", t)))
}

// leadsTo tells whether an endpoint of that service is there for a subnet with those routes.
func (s surroundings) leadsTo(service string, t ec2.RouteTable) bool {
	return slices.ContainsFunc(s.endpoints, func(e ec2.Endpoint) bool {
		if e.VPC != t.VPC || !strings.HasSuffix(e.Service, "."+service) || !strings.EqualFold(e.State, "available") {
			return false
		}
		return e.PrivateDNS || e.Type == "Gateway" && slices.Contains(e.RouteTables, t.ID)
	})
}

// opens tells whether any rule has the port, whomever it is for.
func opens(rules []ec2.Permission, port int32) bool {
	return slices.ContainsFunc(rules, func(r ec2.Permission) bool { return covers(r, port) })
}

// blocks are the addresses of subnets.
func (s surroundings) blocks(subnets []string) (all []netip.Prefix) {
	for _, id := range subnets {
		found, _ := s.subnet(id)
		if block, err := netip.ParsePrefix(found.CIDR); err == nil {
			all = append(all, block)
		}
	}
	return all
}
