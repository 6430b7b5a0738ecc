package ec2_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"qabot/provisioner/awssim"
	"qabot/provisioner/compute/ec2"
)

// client is one of a region, with the SDK's own retries.
func client(t *testing.T) (*ec2.Client, *awssim.Region) {
	t.Helper()
	r := awssim.NewRegion(awssim.Options{})
	t.Cleanup(r.Close)
	return ec2.NewFromConfig(aws.Config{Region: "us-east-1", HTTPClient: &http.Client{Transport: r}, Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")}), r
}

// TestPages reads a list that is longer than a page.
func TestPages(t *testing.T) {
	c, r := client(t)
	r.ChangeNetwork(func(n *awssim.Network) {
		n.RouteTables = nil
		for i := range 230 {
			n.RouteTables = append(n.RouteTables, ec2.RouteTable{ID: "rtb-" + strconv.Itoa(i), VPC: awssim.VPC})
		}
	})
	found, err := c.RouteTables(t.Context(), ec2.Filter{Name: "vpc-id", Values: []string{awssim.VPC}})
	if err != nil || len(found) != 230 || found[229].ID != "rtb-229" || len(r.Calls()) != 3 {
		t.Errorf("%d route tables in %d calls: %v", len(found), len(r.Calls()), err)
	}
}

// TestErrors has a refusal with its code, and none where trying again helps.
func TestErrors(t *testing.T) {
	c, r := client(t)
	r.FailNext("ec2.DescribeSubnets", 1, awssim.Fault{Kind: awssim.Throttle})
	if found, err := c.Subnets(t.Context()); err != nil || len(found) != 3 || len(r.Calls()) != 2 {
		t.Errorf("throttled once: %d subnets in %d calls: %v", len(found), len(r.Calls()), err)
	}
	r.FailNext("ec2.DescribeSubnets", 1, awssim.Fault{Kind: awssim.Refuse, Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation."})
	_, err := c.Subnets(t.Context())
	var api smithy.APIError
	var operation *smithy.OperationError
	if !errors.As(err, &api) || api.ErrorCode() != "UnauthorizedOperation" || !errors.As(err, &operation) || operation.Operation() != "DescribeSubnets" {
		t.Errorf("refused: %v", err)
	}
}

// TestEndpoints wants each call to go where the configuration says, or where the Region is.
func TestEndpoints(t *testing.T) {
	for _, o := range []struct {
		region, base, want string
	}{
		{"ap-northeast-1", "", "https://ec2.ap-northeast-1.amazonaws.com/"},
		{"cn-north-1", "", "https://ec2.cn-north-1.amazonaws.com.cn/"},
		{"us-east-1", "http://localhost:4566", "http://localhost:4566/"},
	} {
		var at string
		cfg := aws.Config{Region: o.region, Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""), HTTPClient: seen(func(r *http.Request) {
			at = r.URL.String()
			if who := r.Header.Get("Authorization"); !strings.Contains(who, "/"+o.region+"/ec2/aws4_request") {
				t.Errorf("signed as %q", who)
			}
		})}
		if o.base != "" {
			cfg.BaseEndpoint = &o.base
		}
		if _, err := ec2.NewFromConfig(cfg).Subnets(t.Context()); err == nil || at != o.want {
			t.Errorf("%s: asked %s, want %s: %v", o.region, at, o.want, err)
		}
	}
}

// seen looks at a request and refuses it.
type seen func(*http.Request)

func (f seen) Do(r *http.Request) (*http.Response, error) {
	f(r)
	return nil, errors.New("there is no network")
}
