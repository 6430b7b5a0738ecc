package awssim

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"qabot/provisioner/compute/ec2"
)

// ec2Input is what the six questions take: filters and a page, or names.
type ec2Input struct {
	Filter     []ec2Filter
	MaxResults *int32
	NextToken  *string

	SubnetId, RouteTableId, NatGatewayId, VpcEndpointId, GroupId, NetworkInterfaceId []string
}

func (in *ec2Input) names() []string {
	return slices.Concat(in.SubnetId, in.RouteTableId, in.NatGatewayId, in.VpcEndpointId, in.GroupId, in.NetworkInterfaceId)
}

type ec2Filter struct {
	Name  *string
	Value []string
}

// ec2Kind is one sort of thing that EC2 describes.
type ec2Kind[T any] struct {
	list    string // its name on the wire
	unknown string // the error for a name that is nobody's
	most    int32  // on a page
	id      func(T) string
	filters map[string]func(T) []string // beside the one by name
	named   string                      // that one
}

func (r *Region) ec2Routes(ops operations) {
	describes(ops, "DescribeSubnets", ec2Kind[ec2.Subnet]{list: "subnetSet", unknown: "InvalidSubnetID.NotFound", most: 1000, named: "subnet-id",
		id: func(s ec2.Subnet) string { return s.ID },
		filters: map[string]func(ec2.Subnet) []string{
			"vpc-id": func(s ec2.Subnet) []string { return []string{s.VPC} },
			"state":  func(s ec2.Subnet) []string { return []string{s.State} },
		}}, func() []ec2.Subnet { return r.network.Subnets })
	describes(ops, "DescribeRouteTables", ec2Kind[ec2.RouteTable]{list: "routeTableSet", unknown: "InvalidRouteTableID.NotFound", most: 100, named: "route-table-id",
		id: func(t ec2.RouteTable) string { return t.ID },
		filters: map[string]func(ec2.RouteTable) []string{
			"vpc-id": func(t ec2.RouteTable) []string { return []string{t.VPC} },
			"association.subnet-id": func(t ec2.RouteTable) (all []string) {
				for _, a := range t.Associations {
					all = append(all, a.Subnet)
				}
				return all
			},
			"association.main": func(t ec2.RouteTable) (all []string) {
				for _, a := range t.Associations {
					all = append(all, strconv.FormatBool(a.Main))
				}
				return all
			},
		}}, func() []ec2.RouteTable { return r.network.RouteTables })
	describes(ops, "DescribeNatGateways", ec2Kind[ec2.NATGateway]{list: "natGatewaySet", unknown: "NatGatewayNotFound", most: 1000, named: "nat-gateway-id",
		id: func(n ec2.NATGateway) string { return n.ID },
		filters: map[string]func(ec2.NATGateway) []string{
			"vpc-id":    func(n ec2.NATGateway) []string { return []string{n.VPC} },
			"subnet-id": func(n ec2.NATGateway) []string { return []string{n.Subnet} },
			"state":     func(n ec2.NATGateway) []string { return []string{n.State} },
		}}, func() []ec2.NATGateway { return r.network.NATGateways })
	describes(ops, "DescribeVpcEndpoints", ec2Kind[ec2.Endpoint]{list: "vpcEndpointSet", unknown: "InvalidVpcEndpointId.NotFound", most: 1000, named: "vpc-endpoint-id",
		id: func(e ec2.Endpoint) string { return e.ID },
		filters: map[string]func(ec2.Endpoint) []string{
			"vpc-id":             func(e ec2.Endpoint) []string { return []string{e.VPC} },
			"service-name":       func(e ec2.Endpoint) []string { return []string{e.Service} },
			"vpc-endpoint-state": func(e ec2.Endpoint) []string { return []string{e.State} },
		}}, func() []ec2.Endpoint { return r.network.Endpoints })
	describes(ops, "DescribeSecurityGroups", ec2Kind[ec2.SecurityGroup]{list: "securityGroupInfo", unknown: "InvalidGroup.NotFound", most: 1000, named: "group-id",
		id: func(g ec2.SecurityGroup) string { return g.ID },
		filters: map[string]func(ec2.SecurityGroup) []string{
			"vpc-id":     func(g ec2.SecurityGroup) []string { return []string{g.VPC} },
			"group-name": func(g ec2.SecurityGroup) []string { return []string{g.Name} },
		}}, func() []ec2.SecurityGroup { return r.network.SecurityGroups })
	describes(ops, "DescribeNetworkInterfaces", ec2Kind[ec2.NetworkInterface]{list: "networkInterfaceSet", unknown: "InvalidNetworkInterfaceID.NotFound", most: 1000, named: "network-interface-id",
		id: func(i ec2.NetworkInterface) string { return i.ID },
		filters: map[string]func(ec2.NetworkInterface) []string{
			"vpc-id":    func(i ec2.NetworkInterface) []string { return []string{i.VPC} },
			"subnet-id": func(i ec2.NetworkInterface) []string { return []string{i.Subnet} },
			"group-id": func(i ec2.NetworkInterface) (all []string) {
				for _, g := range i.Groups {
					all = append(all, g.ID)
				}
				return all
			},
			"addresses.private-ip-address": func(i ec2.NetworkInterface) (all []string) {
				for _, a := range i.Addresses {
					all = append(all, a.Address)
				}
				return all
			},
		}}, func() []ec2.NetworkInterface { return r.network.Interfaces })
}

// describes adds a question about one kind of thing.
func describes[T any](ops operations, action string, k ec2Kind[T], all func() []T) {
	ops[ec2API.name+"."+action] = &operation{api: ec2API, action: action, input: reflect.TypeFor[ec2Input](), call: func(in any) (any, error) {
		return k.describe(in.(*ec2Input), all())
	}}
}

// ec2Page is an answer: one list.
type ec2Page struct {
	list      string
	items     any
	nextToken string
}

func (k ec2Kind[T]) describe(in *ec2Input, all []T) (*ec2Page, error) {
	names := in.names()
	if in.MaxResults != nil {
		if len(names) > 0 {
			return nil, fail("InvalidParameterCombination", "The parameter %s cannot be used with the parameter maxResults", k.list)
		}
		if *in.MaxResults < 5 || *in.MaxResults > k.most {
			return nil, fail("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value between 5 and %d.", *in.MaxResults, k.most)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(one T) bool { return k.id(one) == name }) {
			return nil, fail(k.unknown, "The ID '%s' does not exist", name)
		}
	}
	var found []T
	for _, one := range all {
		ok, err := k.passes(one, in.Filter)
		if err != nil {
			return nil, err
		}
		if ok && (len(names) == 0 || slices.Contains(names, k.id(one))) {
			found = append(found, one)
		}
	}
	items, next, ok := page(found, in.NextToken, pageSize(in.MaxResults, max(len(found), 1)))
	if !ok {
		return nil, fail("InvalidNextToken", "The token '%s' is invalid", deref(in.NextToken))
	}
	return &ec2Page{k.list, items, deref(next)}, nil
}

// passes tells whether each filter has a value that the thing has.
func (k ec2Kind[T]) passes(one T, filters []ec2Filter) (bool, error) {
	for _, f := range filters {
		have := k.filters[deref(f.Name)]
		if deref(f.Name) == k.named {
			have = func(one T) []string { return []string{k.id(one)} }
		}
		if have == nil {
			return false, fail("InvalidParameterValue", "The filter '%s' is invalid", deref(f.Name))
		}
		if !slices.ContainsFunc(have(one), func(v string) bool { return slices.Contains(f.Value, v) }) {
			return false, nil
		}
	}
	return true, nil
}

var ec2Number = regexp.MustCompile(`\.([0-9]+)`)

// numbered writes a form of EC2's, whose lists are numbered without a word before it, as the other services have theirs.
func numbered(form url.Values) url.Values {
	same := url.Values{}
	for key, values := range form {
		same[ec2Number.ReplaceAllString(key, ".member.$1")] = values
	}
	return same
}

func encodeEC2(action string, output any, requestID string) []byte {
	p := output.(*ec2Page)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><%sResponse xmlns="%s"><requestId>%s</requestId><%s>`, action, ec2API.xmlns, requestID, p.list)
	if err := xml.NewEncoder(&b).EncodeElement(p.items, xml.StartElement{Name: xml.Name{Local: "item"}}); err != nil {
		panic(fmt.Sprintf("encode %s: %v", action, err)) // the types are made for it
	}
	fmt.Fprintf(&b, "</%s>", p.list)
	if p.nextToken != "" {
		fmt.Fprintf(&b, "<nextToken>%s</nextToken>", p.nextToken)
	}
	fmt.Fprintf(&b, "</%sResponse>", action)
	return b.Bytes()
}

func errorEC2(code, message, requestID string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>%s</Code><Message>`, code)
	escapeXML(&b, message)
	fmt.Fprintf(&b, `</Message></Error></Errors><RequestID>%s</RequestID></Response>`, requestID)
	return b.Bytes()
}
