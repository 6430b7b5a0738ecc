// Package ec2 asks EC2 about the network around tasks and builds: subnets, routes, gateways, endpoints, security groups and
// network interfaces.
//
// It stands in for the SDK's package of that name, which takes two minutes of a processor to compile for the six questions that
// are asked here. Everything else of a call is the SDK's own: configuration, credentials, signature, retries and errors. The
// types are EC2's as far as they are needed, with its names on the wire in their tags.
package ec2
