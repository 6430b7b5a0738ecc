package awssim

import "qabot/provisioner/compute/ec2"

// The network that a region begins with: one VPC, a public subnet with the load balancers and a NAT gateway, two private subnets
// whose way out it is, and a database that private ones reach.
const (
	VPC             = "vpc-0a1b2c3d4e5f60001"
	PublicSubnet    = "subnet-0a1b2c3d4e5f60001"
	PrivateSubnet   = "subnet-0a1b2c3d4e5f60002"
	SecondSubnet    = "subnet-0a1b2c3d4e5f60003"
	PublicTable     = "rtb-0a1b2c3d4e5f60001"
	PrivateTable    = "rtb-0a1b2c3d4e5f60002" // the VPC's main one
	InternetGateway = "igw-0a1b2c3d4e5f60001"
	NATGateway      = "nat-0a1b2c3d4e5f60001"
	BalancerGroup   = "sg-0a1b2c3d4e5f60001"
	TaskGroup       = "sg-0a1b2c3d4e5f60002"
	BuildGroup      = "sg-0a1b2c3d4e5f60003"
	DatabaseGroup   = "sg-0a1b2c3d4e5f60004"
	DatabaseAddress = "10.20.3.30" // of the database's network interface
)

// Network is what EC2 tells of a region. Nothing in the region depends on it: services run in subnets that are not there.
type Network struct {
	Subnets        []ec2.Subnet
	RouteTables    []ec2.RouteTable
	NATGateways    []ec2.NATGateway
	Endpoints      []ec2.Endpoint
	SecurityGroups []ec2.SecurityGroup
	Interfaces     []ec2.NetworkInterface
}

// ChangeNetwork lets f change what EC2 tells.
func (r *Region) ChangeNetwork(f func(*Network)) {
	r.locked(func() { f(&r.network) })
}

// DefaultNetwork is a network in which everything reaches what it must.
func DefaultNetwork() Network {
	subnet := func(id, zone, cidr string) ec2.Subnet {
		return ec2.Subnet{ID: id, VPC: VPC, State: "available", CIDR: cidr, Zone: zone, AvailableAddresses: 250}
	}
	table := func(id, gateway, nat string, associations ...ec2.Association) ec2.RouteTable {
		return ec2.RouteTable{ID: id, VPC: VPC, Associations: associations, Routes: []ec2.Route{
			{CIDR: "10.20.0.0/16", Gateway: "local", State: "active"},
			{CIDR: "0.0.0.0/0", Gateway: gateway, NATGateway: nat, State: "active"},
		}}
	}
	everything := []ec2.Permission{{Protocol: "-1", Ranges: []ec2.Range{{CIDR: "0.0.0.0/0"}}}}
	tcp := func(first, last int32, groups ...string) ec2.Permission {
		p := ec2.Permission{Protocol: "tcp", From: &first, To: &last}
		for _, g := range groups {
			p.Groups = append(p.Groups, ec2.GroupPair{ID: g})
		}
		return p
	}
	public := tcp(1, 65535)
	public.Ranges = []ec2.Range{{CIDR: "0.0.0.0/0"}}
	group := func(id, name string, ingress ...ec2.Permission) ec2.SecurityGroup {
		return ec2.SecurityGroup{ID: id, Name: name, VPC: VPC, Ingress: ingress, Egress: everything}
	}
	return Network{
		Subnets: []ec2.Subnet{
			subnet(PublicSubnet, "us-east-1a", "10.20.1.0/24"), subnet(PrivateSubnet, "us-east-1a", "10.20.2.0/24"), subnet(SecondSubnet, "us-east-1b", "10.20.3.0/24"),
		},
		RouteTables: []ec2.RouteTable{
			table(PublicTable, InternetGateway, "", ec2.Association{ID: "rtbassoc-0a1b2c3d4e5f60001", Table: PublicTable, Subnet: PublicSubnet}),
			table(PrivateTable, "", NATGateway, ec2.Association{ID: "rtbassoc-0a1b2c3d4e5f60002", Table: PrivateTable, Main: true}),
		},
		NATGateways: []ec2.NATGateway{{ID: NATGateway, VPC: VPC, Subnet: PublicSubnet, State: "available", Connectivity: "public"}},
		SecurityGroups: []ec2.SecurityGroup{
			group(BalancerGroup, "balancer", public), group(TaskGroup, "tasks", tcp(1, 65535, BalancerGroup), tcp(6379, 6379, TaskGroup, BuildGroup)), group(BuildGroup, "builds"),
			group(DatabaseGroup, "database", tcp(3306, 3306, TaskGroup, BuildGroup), tcp(6379, 6379, TaskGroup, BuildGroup)),
		},
		Interfaces: []ec2.NetworkInterface{{ID: "eni-0a1b2c3d4e5f60001", VPC: VPC, Subnet: SecondSubnet, Description: "RDSNetworkInterface",
			Addresses: []ec2.PrivateAddress{{Address: DatabaseAddress}}, Groups: []ec2.GroupPair{{ID: DatabaseGroup}}}},
	}
}
