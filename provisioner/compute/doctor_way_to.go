package compute

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"qabot/provisioner/compute/ec2"
	"qabot/store"
)

// usualGroup is the security group of what is given none.
const usualGroup = "default"

// sharedSpace is what carriers have for themselves (RFC 6598); AWS allows it in a VPC, and netip does not count it as private.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// wayTo tells whether the site reaches every address of a server.
func (s surroundings) wayTo(p site, a aim) store.Finding {
	what := "way to " + a.Name
	if a.unknown != nil || len(a.addresses) == 0 {
		return unclear(what, "the address of %s is not found from here: %v", a.Address, a.unknown)
	}
	var findings []store.Finding
	for _, address := range a.addresses {
		f := s.wayToAddress(p, a, address.Unmap())
		f.What = what
		findings = append(findings, f)
	}
	return worst(findings)
}

func (s surroundings) wayToAddress(p site, a aim, address netip.Addr) store.Finding {
	switch {
	case address.IsLoopback():
		return unclear("", "%s is the machine that the doctor is on, and not where tasks find it", a.Address)
	case !address.IsPrivate() && !sharedSpace.Contains(address):
		return unclear("", "%s is a public address, whose door is not looked at", address)
	}
	to, there := s.at(address, s.vpc(p))
	for _, id := range p.subnets {
		if f := s.leads(id, address, to, there); f.Verdict != store.Good {
			return f
		}
	}
	switch {
	case !there:
		return unclear("", "no network interface of this account and Region has %s", address)
	case len(to.Groups) == 0:
		return unclear("", "%s, which has %s, has no security groups: it may hand on to another", to.ID, address)
	}
	var groups []string
	for _, g := range to.Groups {
		groups = append(groups, g.ID)
	}
	from := s.end(p.name, s.vpc(p), p.groups, s.blocks(p.subnets))
	return s.lets(from, s.end(to.ID, to.VPC, groups, []netip.Prefix{netip.PrefixFrom(address, address.BitLen())}), a.port)
}

// at finds the network interface that has an address, in the VPC if it can be.
func (s surroundings) at(address netip.Addr, vpc string) (found ec2.NetworkInterface, ok bool) {
	for _, i := range s.interfaces {
		if slices.Contains(i.Addresses, ec2.PrivateAddress{Address: address.String()}) && (!ok || i.VPC == vpc) {
			found, ok = i, true
		}
	}
	return found, ok
}

// leads follows the route of one subnet to an address.
func (s surroundings) leads(id string, address netip.Addr, to ec2.NetworkInterface, there bool) store.Finding {
	subnet, _ := s.subnet(id)
	table, ok := s.table(subnet)
	if !ok {
		return unclear("", "the routes of %s are not seen", id)
	}
	fix := fmt.Sprintf("aws ec2 create-route --route-table-id %s --destination-cidr-block %s/32 --vpc-peering-connection-id (the one to its network); or a server in %s", table.ID, address, subnet.VPC)
	r, ok := towards(table, address)
	astray := strings.HasPrefix(r.Gateway, "igw-") || r.NATGateway != "" && there && to.VPC != subnet.VPC && s.handsOut(r.NATGateway, address)
	switch {
	case (!ok || astray) && slices.ContainsFunc(table.Routes, listed):
		return unclear("", "%s of %s has routes for prefix lists, and whether one of them leads to %s is not looked at", table.ID, id, address)
	case !ok:
		return bad("", fmt.Sprintf("%s of %s has no route to %s", table.ID, id, address), fix)
	case r.State == ec2.Blackhole:
		return bad("", fmt.Sprintf("%s of %s leads to %s for %s, which is gone", table.ID, id, hop(r), address), strings.Replace(fix, "create-route", "replace-route", 1))
	case r.Gateway == "local", r.Peering != "":
		return good("", "")
	case astray:
		return bad("", fmt.Sprintf("%s of %s has no route to %s but the one to the internet", table.ID, id, address), fix)
	}
	return unclear("", "%s of %s leads to %s for %s: what is behind it is not looked at", table.ID, id, hop(r), address)
}

// handsOut tells whether a NAT gateway is seen to hand what is for an address on to the internet.
func (s surroundings) handsOut(id string, to netip.Addr) bool {
	i := slices.IndexFunc(s.gateways, func(n ec2.NATGateway) bool { return n.ID == id })
	if i < 0 || s.gateways[i].Connectivity == "private" {
		return false
	}
	table, ok := s.gatewaysTable(s.gateways[i])
	if !ok {
		return false
	}
	r, ok := towards(table, to)
	return ok && strings.HasPrefix(r.Gateway, "igw-")
}

// wayToRedis tells whether the site reaches the Redis of an environment.
func (s surroundings) wayToRedis(p site) store.Finding {
	from, to := s.end(p.name, s.vpc(p), p.groups, s.blocks(p.subnets)), s.end("environments' Redis", s.vpc(*s.redis), s.redis.groups, s.blocks(s.redis.subnets))
	f := s.lets(from, to, redisPort)
	f.What = "way to environments' Redis"
	return f
}

// wayFrom tells whether a load balancer reaches the tasks in the site.
func (s surroundings) wayFrom(d gate, p site) store.Finding {
	what := "way from load balancer " + d.name
	if vpc := s.vpc(p); d.vpc != vpc {
		return bad(what, "the tasks are in "+vpc+" and it is in "+d.vpc+": they do not reach each other", "vpc_id and load_balancer_subnets of manifests/terraform, or network.subnets")
	}
	if len(d.groups) == 0 {
		return unclear(what, "it names no security groups")
	}
	var findings []store.Finding
	for _, port := range p.ports {
		f := s.lets(s.end(d.name, d.vpc, d.groups, s.blocks(d.subnets)), s.end(p.name, s.vpc(p), p.groups, s.blocks(p.subnets)), port)
		if f.Verdict == store.Bad {
			f.Fix = "task_security_groups of manifests/terraform; or " + f.Fix
		}
		f.What = what
		findings = append(findings, f)
	}
	return worst(findings)
}

// end is one side of a connection.
type end struct {
	name    string
	ids     []string
	groups  []ec2.SecurityGroup
	partial bool // not all groups are seen
	blocks  []netip.Prefix
}

// end finds the rules of who has those security groups; having none means the VPC's usual one.
func (s surroundings) end(name, vpc string, ids []string, blocks []netip.Prefix) end {
	e := end{name: name, blocks: blocks}
	for _, g := range s.groups {
		if slices.Contains(ids, g.ID) || len(ids) == 0 && g.VPC == vpc && g.Name == usualGroup {
			e.groups, e.ids = append(e.groups, g), append(e.ids, g.ID)
		}
	}
	e.ids = unique(append(e.ids, ids...))
	e.partial = len(e.groups) == 0 || len(e.groups) < len(e.ids)
	return e
}

func (e end) names() string { return strings.Join(e.ids, ", ") }

// one is the security group to which a rule may be added.
func (e end) one() string {
	if len(e.ids) == 0 {
		return "(its security group)"
	}
	return e.ids[0]
}

func ingress(groups []ec2.SecurityGroup) (rules []ec2.Permission) {
	for _, g := range groups {
		rules = append(rules, g.Ingress...)
	}
	return rules
}

func egress(groups []ec2.SecurityGroup) (rules []ec2.Permission) {
	for _, g := range groups {
		rules = append(rules, g.Egress...)
	}
	return rules
}

// lets tells whether the rules of both ends let one connect to the other.
func (s surroundings) lets(from, to end, port int32) store.Finding {
	in, out := admits(ingress(to.groups), to.partial, port, from), admits(egress(from.groups), from.partial, port, to)
	switch {
	case in == shut:
		return bad("", fmt.Sprintf("%s of %s does not let in %s of %s at port %d", to.names(), to.name, from.names(), from.name, port),
			fmt.Sprintf("aws ec2 authorize-security-group-ingress --group-id %s --protocol tcp --port %d --source-group %s", to.one(), port, from.one()))
	case out == shut:
		return bad("", fmt.Sprintf("%s of %s does not let out to %s of %s at port %d", from.names(), from.name, to.names(), to.name, port),
			fmt.Sprintf("aws ec2 authorize-security-group-egress --group-id %s --protocol tcp --port %d --source-group %s", from.one(), port, to.one()))
	case in == ajar || out == ajar:
		return unclear("", "the rules of %s and %s at port %d are not wholly seen from here: prefix lists, parts of subnets, addresses of IPv6, or groups of another account", to.names(), from.names(), port)
	}
	return good("", "%s of %s lets in %s at port %d", to.names(), to.name, from.names(), port)
}

// passage is what rules say of a peer.
type passage int

const (
	shut passage = iota
	ajar         // they cannot be judged, or let in some of the peer's addresses
	wide
)

// admits tells whether rules let the peer pass at a port.
func admits(rules []ec2.Permission, partial bool, port int32, peer end) passage {
	whole, some := 0, partial || len(peer.ids) == 0 || len(peer.blocks) == 0
	var ranges []netip.Prefix
	for _, r := range rules {
		if !covers(r, port) {
			continue
		}
		if slices.ContainsFunc(r.Groups, func(g ec2.GroupPair) bool { return slices.Contains(peer.ids, g.ID) }) {
			return wide
		}
		some = some || len(r.PrefixLists) > 0
		for _, one := range r.Ranges {
			if block, err := netip.ParsePrefix(one.CIDR); err == nil {
				ranges = append(ranges, block)
			}
		}
	}
	for _, block := range peer.blocks {
		if slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Bits() <= block.Bits() && r.Contains(block.Addr()) }) {
			whole++
		}
		some = some || slices.ContainsFunc(ranges, block.Overlaps)
	}
	switch {
	case whole > 0 && whole == len(peer.blocks):
		return wide
	case some:
		return ajar
	}
	return shut
}

// covers tells whether a rule is for TCP at that port.
func covers(r ec2.Permission, port int32) bool {
	switch r.Protocol {
	case "-1":
		return true
	case "tcp", "6":
		return deref(r.From) <= port && port <= deref(r.To)
	}
	return false
}
