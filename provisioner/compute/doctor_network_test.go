package compute

import (
	"net/netip"
	"strings"
	"testing"

	"qabot/provisioner/awssim"
	"qabot/provisioner/compute/ec2"
	"qabot/store"
)

// TestDoctorLooksAtNetworks asks the region's EC2: all reach what they must, and then one fault after the other is found.
func TestDoctorLooksAtNetworks(t *testing.T) {
	w := newWorld(t)
	servers := []Server{{Name: "MySQL", Address: awssim.DatabaseAddress + ":3306"}, {Name: "Redis", Address: "127.0.0.1:6379", Tasks: true}}
	report := w.said(servers...)
	for _, want := range []string{
		"OK networks: ", "OK of app: ", "OK of shop-migration: ",
		"OK subnets: " + awssim.SecondSubnet + ", " + awssim.PrivateSubnet + " in " + awssim.VPC + ", with 500 address(es) left",
		"OK way out: 0.0.0.0/0 of " + awssim.PrivateTable + " leads to " + awssim.NATGateway + ", which is available",
		"OK way from load balancer qa: " + awssim.TaskGroup + " of app lets in " + awssim.BalancerGroup + " at port 3000",
		"OK way to MySQL: " + awssim.DatabaseGroup + " of eni-0a1b2c3d4e5f60001 lets in " + awssim.TaskGroup + " at port 3306",
		"OK way to MySQL: " + awssim.DatabaseGroup + " of eni-0a1b2c3d4e5f60001 lets in " + awssim.BuildGroup + " at port 3306",
		"SKIP way to Redis: 127.0.0.1:6379 is the machine that the doctor is on",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("%q is missing from\n%s", want, report)
		}
	}
	if n := strings.Count(report, "way to Redis"); n != 1 {
		t.Errorf("the way to Redis is told %d times; migrations do not need it:\n%s", n, report)
	}
	w.region.ChangeNetwork(func(n *awssim.Network) {
		n.NATGateways[0].State = "failed"
		n.SecurityGroups[3].Ingress[0].Groups = n.SecurityGroups[3].Ingress[0].Groups[:1]
	})
	report = w.said(servers...)
	for _, want := range []string{
		"NG way out: 0.0.0.0/0 of " + awssim.PrivateTable + " leads to " + awssim.NATGateway + ", which is failed",
		"NG way to MySQL: " + awssim.DatabaseGroup + " of eni-0a1b2c3d4e5f60001 does not let in " + awssim.BuildGroup + " of shop-migration at port 3306 > " +
			"aws ec2 authorize-security-group-ingress --group-id " + awssim.DatabaseGroup + " --protocol tcp --port 3306 --source-group " + awssim.BuildGroup,
	} {
		if !strings.Contains(report, want) {
			t.Errorf("%q is missing from\n%s", want, report)
		}
	}
	w.region.Fault(func(c awssim.Call) awssim.Fault {
		if c.Service == "ec2" {
			return awssim.Fault{Kind: awssim.Refuse, Code: "UnauthorizedOperation"}
		}
		return awssim.Fault{}
	})
	if report := w.said(servers...); !strings.Contains(report, "SKIP networks: not allowed to look: ") {
		t.Errorf("without the permission to look:\n%s", report)
	}
}

// TestNetworkFaults makes one thing wrong, or impossible to know, at a time in a network in which all is well.
func TestNetworkFaults(t *testing.T) {
	const db, rtb = awssim.DatabaseGroup, awssim.PrivateTable
	tasks := site{name: "app", subnets: []string{awssim.PrivateSubnet, awssim.SecondSubnet}, groups: []string{awssim.TaskGroup}, ports: []int32{3000}}
	builds := site{name: "shop-migration", subnets: []string{awssim.PrivateSubnet}, groups: []string{awssim.BuildGroup}, builds: true, migrates: true}
	port := func(n int32) []ec2.Permission {
		return []ec2.Permission{{Protocol: "tcp", From: &n, To: &n, Ranges: []ec2.Range{{CIDR: everywhere}}}}
	}
	route := func(s *surroundings, r ec2.Route) { s.tables[1].Routes[1] = r }
	endpoint := func(s *surroundings, service string) {
		e := ec2.Endpoint{VPC: awssim.VPC, Service: "com.amazonaws.us-east-1." + service, State: "available", Type: "Interface", PrivateDNS: true}
		if service == "s3" {
			e.Type, e.PrivateDNS, e.RouteTables = "Gateway", false, []string{rtb}
		}
		s.endpoints = append(s.endpoints, e)
	}
	elsewhere := func(s *surroundings, address string, r *ec2.Route) {
		s.interfaces[0].VPC, s.interfaces[0].Addresses[0].Address = "vpc-other", address
		if r != nil {
			s.tables[1].Routes = append(s.tables[1].Routes, *r)
		}
	}
	for name, c := range map[string]struct {
		of      site
		address string // of MySQL, where it is another one
		change  func(*site, *surroundings)
		verdict store.Verdict
		what    string
		said    string
		fix     string
	}{
		"all is well for tasks":  {of: tasks, verdict: store.Good},
		"all is well for builds": {of: builds, verdict: store.Good},

		"a subnet that is not there": {tasks, "", func(p *site, _ *surroundings) { p.subnets[1] = "subnet-gone" }, store.Bad, "subnets", "not there: subnet-gone", "network.subnets"},
		"subnets of two networks": {builds, "", func(p *site, s *surroundings) {
			s.subnets = append(s.subnets, ec2.Subnet{ID: "subnet-x", VPC: "vpc-x"})
			p.subnets = append(p.subnets, "subnet-x")
		}, store.Bad, "subnets", "several networks", "private_subnets"},
		"no address left": {builds, "", func(_ *site, s *surroundings) { s.subnets[1].AvailableAddresses = 0 }, store.Bad, "subnets", "no address left", "private_subnets"},

		"no default route": {tasks, "", func(_ *site, s *surroundings) { s.tables[1].Routes = s.tables[1].Routes[:1] },
			store.Bad, "way out", "has no route to 0.0.0.0/0", "aws ec2 create-route --route-table-id " + rtb + " --destination-cidr-block 0.0.0.0/0 --nat-gateway-id " + awssim.NATGateway},
		"a blackhole": {tasks, "", func(_ *site, s *surroundings) { s.tables[1].Routes[1].State = ec2.Blackhole },
			store.Bad, "way out", "which is gone", "aws ec2 replace-route --route-table-id " + rtb},
		"a gateway that failed": {tasks, "", func(_ *site, s *surroundings) {
			s.gateways[0].State, s.gateways[0].Failure = "failed", "no free address"
		},
			store.Bad, "way out", "which is failed no free address", `resource "aws_nat_gateway"`},
		"a gateway of another account": {tasks, "", func(_ *site, s *surroundings) { s.gateways = nil }, store.Skipped, "way out", "which is not seen from here", ""},
		"a private gateway":            {tasks, "", func(_ *site, s *surroundings) { s.gateways[0].Connectivity = "private" }, store.Skipped, "way out", "private NAT gateway", ""},
		"a gateway in a subnet without a way": {tasks, "", func(_ *site, s *surroundings) { s.tables[0].Routes = s.tables[0].Routes[:1] },
			store.Bad, "way out", "whose own subnet " + awssim.PublicSubnet, "create-route --route-table-id " + awssim.PublicTable},
		"a regional gateway": {tasks, "", func(_ *site, s *surroundings) { s.gateways[0].Subnet = "" }, store.Good, "way out", "available", ""},
		"a transit gateway": {tasks, "", func(_ *site, s *surroundings) {
			route(s, ec2.Route{CIDR: everywhere, Transit: "tgw-1", State: "active"})
		},
			store.Skipped, "way out", "leads to tgw-1: what is behind it is not looked at", ""},
		"a NAT instance": {builds, "", func(_ *site, s *surroundings) {
			route(s, ec2.Route{CIDR: everywhere, Instance: "i-1", Interface: "eni-1", State: "active"})
		},
			store.Skipped, "way out", "leads to i-1", ""},
		"an internet gateway and no public address": {tasks, "", func(p *site, _ *surroundings) { p.subnets = []string{awssim.PublicSubnet} },
			store.Bad, "way out", "no public addresses", "assign_public_ip = true"},
		"an internet gateway and public addresses": {tasks, "", func(p *site, _ *surroundings) { p.subnets, p.public = []string{awssim.PublicSubnet}, true },
			store.Good, "way out", "with public addresses", ""},
		"an internet gateway for builds": {builds, "", func(p *site, _ *surroundings) { p.subnets = []string{awssim.PublicSubnet} },
			store.Bad, "way out", "CodeBuild never has a public address", "private_subnets"},
		"endpoints for tasks": {tasks, "", func(_ *site, s *surroundings) {
			s.tables[1].Routes = s.tables[1].Routes[:1]
			for _, service := range needed {
				endpoint(s, service)
			}
		}, store.Good, "way out", "go through endpoints", ""},
		"endpoints for builds": {builds, "", func(_ *site, s *surroundings) {
			s.tables[1].Routes = s.tables[1].Routes[:1]
			for _, service := range needed {
				endpoint(s, service)
			}
		}, store.Skipped, "way out", "whatever else the buildspec fetches", ""},
		"an endpoint that is missing": {tasks, "", func(_ *site, s *surroundings) {
			s.tables[1].Routes = s.tables[1].Routes[:1]
			for _, service := range needed[1:] {
				endpoint(s, service)
			}
		}, store.Bad, "way out", "but not for ecr.api", "aws_vpc_endpoint"},
		"an internet gateway, no public address, and endpoints": {tasks, "", func(p *site, s *surroundings) {
			p.subnets, s.endpoints = []string{awssim.PublicSubnet}, nil
			for _, service := range needed {
				s.endpoints = append(s.endpoints, ec2.Endpoint{VPC: awssim.VPC, Service: "com.amazonaws.us-east-1." + service, State: "available", Type: "Interface", PrivateDNS: true})
			}
		}, store.Good, "way out", "go through endpoints", ""},
		"endpoints of all networks, behind a transit gateway": {tasks, "", func(_ *site, s *surroundings) {
			route(s, ec2.Route{CIDR: "10.0.0.0/8", Transit: "tgw-1", State: "active"})
		}, store.Skipped, "way out", "what is behind its other routes is not looked at", ""},
		"a way out by IPv6": {tasks, "", func(_ *site, s *surroundings) {
			route(s, ec2.Route{IPv6CIDR: everywhereSix, State: "active"})
		}, store.Skipped, "way out", "what is behind its other routes is not looked at", ""},
		"subnets of IPv6 alone": {builds, "", func(_ *site, s *surroundings) { s.subnets[1].CIDR, s.subnets[1].AvailableAddresses = "", 0 }, store.Good, "subnets", "with addresses of IPv6", ""},
		"a load balancer in subnets of IPv6 alone": {tasks, "", func(_ *site, s *surroundings) {
			s.subnets[0].CIDR, s.groups[1].Ingress[0].Groups = "", nil
		}, store.Skipped, "way from load balancer qa", "addresses of IPv6", ""},
		"nothing is let out": {builds, "", func(_ *site, s *surroundings) { s.groups[2].Egress = port(3306) },
			store.Bad, "way out", awssim.BuildGroup + " lets nothing out at port 443", "authorize-security-group-egress"},

		"a load balancer in another network": {tasks, "", func(_ *site, s *surroundings) { s.gates[0].vpc = "vpc-x" }, store.Bad, "way from load balancer qa", "it is in vpc-x", "network.subnets"},
		"a load balancer that is not let in": {tasks, "", func(_ *site, s *surroundings) { s.groups[1].Ingress = nil },
			store.Bad, "way from load balancer qa", "does not let in " + awssim.BalancerGroup, "task_security_groups"},
		"a load balancer whose subnets are let in": {tasks, "", func(_ *site, s *surroundings) {
			s.groups[1].Ingress = []ec2.Permission{{Protocol: "-1", Ranges: []ec2.Range{{CIDR: "10.20.1.0/24"}}}}
		}, store.Good, "way from load balancer qa", "", ""},

		"a database that lets nobody in": {tasks, "", func(_ *site, s *surroundings) { s.groups[3].Ingress = nil },
			store.Bad, "way to MySQL", db + " of eni-0a1b2c3d4e5f60001 does not let in " + awssim.TaskGroup, "--group-id " + db + " --protocol tcp --port 3306 --source-group " + awssim.TaskGroup},
		"a rule for another port": {tasks, "", func(_ *site, s *surroundings) { s.groups[3].Ingress = s.groups[3].Ingress[1:] }, store.Bad, "way to MySQL", "at port 3306", "--port 3306"},
		"a rule for the addresses of one subnet": {tasks, "", func(_ *site, s *surroundings) {
			s.groups[3].Ingress[0].Groups, s.groups[3].Ingress[0].Ranges = nil, []ec2.Range{{CIDR: "10.20.2.0/24"}}
		}, store.Skipped, "way to MySQL", "not wholly seen", ""},
		"a rule for the addresses of the network": {tasks, "", func(_ *site, s *surroundings) {
			s.groups[3].Ingress[0].Groups, s.groups[3].Ingress[0].Ranges = nil, []ec2.Range{{CIDR: "10.0.0.0/8"}}
		}, store.Good, "way to MySQL", "", ""},
		"a rule for a prefix list": {tasks, "", func(_ *site, s *surroundings) {
			s.groups[3].Ingress[0].Groups, s.groups[3].Ingress[0].PrefixLists = nil, []ec2.PrefixList{{ID: "pl-1"}}
		}, store.Skipped, "way to MySQL", "prefix lists", ""},
		"a security group of another account": {tasks, "", func(_ *site, s *surroundings) { s.groups = s.groups[:3] }, store.Skipped, "way to MySQL", "another account", ""},
		"no way out to the database": {tasks, "", func(_ *site, s *surroundings) {
			s.groups[1].Egress = port(443)
		}, store.Bad, "way to MySQL", "does not let out to " + db, "authorize-security-group-egress --group-id " + awssim.TaskGroup},
		"the usual security group": {tasks, "", func(p *site, s *surroundings) {
			p.groups, p.ports = nil, nil
			s.groups = append(s.groups, ec2.SecurityGroup{ID: "sg-usual", Name: usualGroup, VPC: awssim.VPC, Egress: s.groups[0].Egress})
		}, store.Bad, "way to MySQL", "does not let in sg-usual", "--source-group sg-usual"},
		"an interface without security groups": {tasks, "", func(_ *site, s *surroundings) { s.interfaces[0].Groups = nil }, store.Skipped, "way to MySQL", "no security groups", ""},
		"a Redis of its own":                   {builds, "", func(_ *site, s *surroundings) { s.redis = &tasks }, store.Good, "way to environments' Redis", "lets in " + awssim.BuildGroup, ""},
		"a Redis of its own for tasks alone": {builds, "", func(_ *site, s *surroundings) {
			s.redis, s.groups[1].Ingress[1].Groups = &tasks, s.groups[1].Ingress[1].Groups[:1]
		}, store.Bad, "way to environments' Redis", awssim.TaskGroup + " of environments' Redis does not let in " + awssim.BuildGroup, "--group-id " + awssim.TaskGroup + " --protocol tcp --port 6379 --source-group " + awssim.BuildGroup},
		"an address that nobody has": {tasks, "", func(_ *site, s *surroundings) { s.interfaces = nil }, store.Skipped, "way to MySQL", "no network interface", ""},
		"a public address":           {tasks, "198.51.100.7", nil, store.Skipped, "way to MySQL", "public address", ""},
		"this machine":               {tasks, "127.0.0.1", nil, store.Skipped, "way to MySQL", "the machine that the doctor is on", ""},
		"a database elsewhere, and no way there": {tasks, "10.99.0.5", func(_ *site, s *surroundings) { elsewhere(s, "10.99.0.5", nil) },
			store.Bad, "way to MySQL", "no route to 10.99.0.5 but the one to the internet", "--vpc-peering-connection-id"},
		"a database elsewhere, behind routes for a prefix list": {tasks, "10.99.0.5", func(_ *site, s *surroundings) {
			elsewhere(s, "10.99.0.5", &ec2.Route{PrefixList: "pl-1", Peering: "pcx-1", State: "active"})
		}, store.Skipped, "way to MySQL", "prefix lists", ""},
		"a database elsewhere, and a prefix list of S3's": {tasks, "10.99.0.5", func(_ *site, s *surroundings) {
			elsewhere(s, "10.99.0.5", &ec2.Route{PrefixList: "pl-1", Gateway: "vpce-1", State: "active"})
		}, store.Bad, "way to MySQL", "but the one to the internet", "--vpc-peering-connection-id"},
		"a database elsewhere, behind a NAT gateway's own routes": {tasks, "10.99.0.5", func(_ *site, s *surroundings) {
			elsewhere(s, "10.99.0.5", nil)
			s.tables[0].Routes = append(s.tables[0].Routes, ec2.Route{CIDR: "10.99.0.0/16", Transit: "tgw-1", State: "active"})
		}, store.Skipped, "way to MySQL", "what is behind it is not looked at", ""},
		"a database elsewhere, behind a private NAT gateway": {tasks, "10.99.0.5", func(_ *site, s *surroundings) {
			elsewhere(s, "10.99.0.5", nil)
			s.gateways[0].Connectivity = "private"
		}, store.Skipped, "way to MySQL", "what is behind it is not looked at", ""},
		"a database elsewhere, by peering": {tasks, "10.99.0.5", func(_ *site, s *surroundings) {
			elsewhere(s, "10.99.0.5", &ec2.Route{CIDR: "10.99.0.0/16", Peering: "pcx-1", State: "active"})
		}, store.Good, "way to MySQL", "", ""},
		"a peering that is gone": {tasks, "10.99.0.5", func(_ *site, s *surroundings) {
			elsewhere(s, "10.99.0.5", &ec2.Route{CIDR: "10.99.0.0/16", Peering: "pcx-1", State: ec2.Blackhole})
		}, store.Bad, "way to MySQL", "leads to pcx-1 for 10.99.0.5, which is gone", "replace-route"},
		"a database behind a transit gateway": {tasks, "10.99.0.5", func(_ *site, s *surroundings) {
			elsewhere(s, "10.99.0.5", &ec2.Route{CIDR: "10.99.0.0/16", Transit: "tgw-1", State: "active"})
		}, store.Skipped, "way to MySQL", "leads to tgw-1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := awssim.DefaultNetwork()
			s := surroundings{n.Subnets, n.RouteTables, n.NATGateways, n.Endpoints, n.SecurityGroups, n.Interfaces,
				[]gate{{name: "qa", vpc: awssim.VPC, groups: []string{awssim.BalancerGroup}, subnets: []string{awssim.PublicSubnet}}}, nil}
			p := c.of
			p.subnets = append([]string{}, p.subnets...)
			if c.change != nil {
				c.change(&p, &s)
			}
			if c.address == "" {
				c.address = awssim.DatabaseAddress
			}
			found := s.examine(p, []aim{{Server: Server{Name: "MySQL", Address: c.address + ":3306"}, port: 3306, addresses: []netip.Addr{netip.MustParseAddr(c.address)}}})
			met := c.what == ""
			for _, f := range found.Below {
				want := store.Good
				if f.What == c.what {
					met, want = true, c.verdict
					if !strings.Contains(f.Said, c.said) || !strings.Contains(f.Fix, c.fix) || (f.Fix == "") == (c.verdict == store.Bad) {
						t.Errorf("it says %q, with the cure %q; want %q, %q", f.Said, f.Fix, c.said, c.fix)
					}
				} else if c.what != "" && f.Verdict == store.Skipped {
					continue // what cannot be known for the same reason
				}
				if f.Verdict != want {
					t.Errorf("%s: %s, want %s: %s > %s", f.What, f.Verdict, want, f.Said, f.Fix)
				}
			}
			if !met {
				t.Errorf("nothing is said of %s: %+v", c.what, found.Below)
			}
		})
	}
}
