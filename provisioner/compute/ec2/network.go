package ec2

import (
	"context"
	"net/url"
	"strconv"
)

// Subnet is a part of a VPC.
type Subnet struct {
	ID                 string `xml:"subnetId"`
	VPC                string `xml:"vpcId"`
	State              string `xml:"state"`
	CIDR               string `xml:"cidrBlock"`
	Zone               string `xml:"availabilityZone,omitempty"`
	AvailableAddresses int    `xml:"availableIpAddressCount"`
}

// RouteTable says where traffic goes from the subnets that it is associated with; from those of its VPC that are associated with
// none, if it is the main one.
type RouteTable struct {
	ID           string        `xml:"routeTableId"`
	VPC          string        `xml:"vpcId"`
	Routes       []Route       `xml:"routeSet>item"`
	Associations []Association `xml:"associationSet>item"`
}

// Association binds a route table to a subnet, or to a whole VPC.
type Association struct {
	ID     string `xml:"routeTableAssociationId"`
	Table  string `xml:"routeTableId"`
	Subnet string `xml:"subnetId,omitempty"`
	Main   bool   `xml:"main"`
}

// Blackhole is the state of a route whose target is gone.
const Blackhole = "blackhole"

// Route leads what is destined for some addresses to one target, which is named in one of the fields from Gateway on.
type Route struct {
	CIDR       string `xml:"destinationCidrBlock,omitempty"`
	IPv6CIDR   string `xml:"destinationIpv6CidrBlock,omitempty"`
	PrefixList string `xml:"destinationPrefixListId,omitempty"`
	Gateway    string `xml:"gatewayId,omitempty"` // local, igw-, vgw-, or vpce-
	NATGateway string `xml:"natGatewayId,omitempty"`
	Transit    string `xml:"transitGatewayId,omitempty"`
	Peering    string `xml:"vpcPeeringConnectionId,omitempty"`
	Instance   string `xml:"instanceId,omitempty"`
	Interface  string `xml:"networkInterfaceId,omitempty"` // of an Instance, too
	Local      string `xml:"localGatewayId,omitempty"`
	Carrier    string `xml:"carrierGatewayId,omitempty"`
	Core       string `xml:"coreNetworkArn,omitempty"`
	State      string `xml:"state"`
}

// NATGateway gives a way out to what has no public address.
type NATGateway struct {
	ID           string `xml:"natGatewayId"`
	VPC          string `xml:"vpcId"`
	Subnet       string `xml:"subnetId,omitempty"` // that it stands in; a regional one stands in none
	State        string `xml:"state"`
	Connectivity string `xml:"connectivityType,omitempty"`
	Failure      string `xml:"failureMessage,omitempty"`
}

// Endpoint leads to a service of AWS without the internet.
type Endpoint struct {
	ID          string   `xml:"vpcEndpointId"`
	VPC         string   `xml:"vpcId"`
	Service     string   `xml:"serviceName"`
	Type        string   `xml:"vpcEndpointType"`
	State       string   `xml:"state"`
	PrivateDNS  bool     `xml:"privateDnsEnabled"`
	RouteTables []string `xml:"routeTableIdSet>item"`
	Subnets     []string `xml:"subnetIdSet>item"`
}

// SecurityGroup says what may come in and go out.
type SecurityGroup struct {
	ID      string       `xml:"groupId"`
	Name    string       `xml:"groupName"`
	VPC     string       `xml:"vpcId,omitempty"`
	Ingress []Permission `xml:"ipPermissions>item"`
	Egress  []Permission `xml:"ipPermissionsEgress>item"`
}

// Permission is a rule of a security group, for each of its peers.
type Permission struct {
	Protocol    string       `xml:"ipProtocol"` // -1: any
	From        *int32       `xml:"fromPort,omitempty"`
	To          *int32       `xml:"toPort,omitempty"`
	Groups      []GroupPair  `xml:"groups>item"`
	Ranges      []Range      `xml:"ipRanges>item"`
	PrefixLists []PrefixList `xml:"prefixListIds>item"`
}

// GroupPair is a security group that a Permission is for.
type GroupPair struct {
	ID string `xml:"groupId"`
}

// Range is a block of addresses that a Permission is for.
type Range struct {
	CIDR string `xml:"cidrIp"`
}

// PrefixList is a list of blocks that a Permission is for.
type PrefixList struct {
	ID string `xml:"prefixListId"`
}

// NetworkInterface is what has an address in a VPC.
type NetworkInterface struct {
	ID          string           `xml:"networkInterfaceId"`
	VPC         string           `xml:"vpcId"`
	Subnet      string           `xml:"subnetId"`
	Description string           `xml:"description,omitempty"`
	Addresses   []PrivateAddress `xml:"privateIpAddressesSet>item"`
	Groups      []GroupPair      `xml:"groupSet>item"`
}

// PrivateAddress is an address of a NetworkInterface.
type PrivateAddress struct {
	Address string `xml:"privateIpAddress"`
}

// Filter keeps what has one of the values.
type Filter struct {
	Name   string
	Values []string
}

// Subnets describes the subnets that pass all filters.
func (c *Client) Subnets(ctx context.Context, filters ...Filter) ([]Subnet, error) {
	return describe[Subnet](ctx, c, "DescribeSubnets", filters)
}

// RouteTables likewise.
func (c *Client) RouteTables(ctx context.Context, filters ...Filter) ([]RouteTable, error) {
	return describe[RouteTable](ctx, c, "DescribeRouteTables", filters)
}

// NATGateways likewise, among them such as were deleted not long ago.
func (c *Client) NATGateways(ctx context.Context, filters ...Filter) ([]NATGateway, error) {
	return describe[NATGateway](ctx, c, "DescribeNatGateways", filters)
}

// Endpoints likewise.
func (c *Client) Endpoints(ctx context.Context, filters ...Filter) ([]Endpoint, error) {
	return describe[Endpoint](ctx, c, "DescribeVpcEndpoints", filters)
}

// SecurityGroups likewise.
func (c *Client) SecurityGroups(ctx context.Context, filters ...Filter) ([]SecurityGroup, error) {
	return describe[SecurityGroup](ctx, c, "DescribeSecurityGroups", filters)
}

// NetworkInterfaces likewise.
func (c *Client) NetworkInterfaces(ctx context.Context, filters ...Filter) ([]NetworkInterface, error) {
	return describe[NetworkInterface](ctx, c, "DescribeNetworkInterfaces", filters)
}

// pageSize is what every one of the six takes: DescribeRouteTables takes no more.
const pageSize = 100

// page is one page of any answer: each has one list, whatever its name.
type page[T any] struct {
	NextToken string `xml:"nextToken"`
	Lists     []struct {
		Items []T `xml:"item"`
	} `xml:",any"`
}

func describe[T any](ctx context.Context, c *Client, action string, filters []Filter) (all []T, err error) {
	form := url.Values{"MaxResults": {strconv.Itoa(pageSize)}}
	for i, f := range filters {
		prefix := "Filter." + strconv.Itoa(i+1) + "."
		form.Set(prefix+"Name", f.Name)
		for j, v := range f.Values {
			form.Set(prefix+"Value."+strconv.Itoa(j+1), v)
		}
	}
	for {
		var p page[T]
		if err := c.call(ctx, action, form, &p); err != nil {
			return nil, err
		}
		for _, list := range p.Lists {
			all = append(all, list.Items...)
		}
		if p.NextToken == "" {
			return all, nil
		}
		form.Set("NextToken", p.NextToken)
	}
}
