package awssim

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// api is one AWS service as seen on the wire.
type api struct {
	name         string // the recorder's name, and the name in the credential scope
	target       string // prefix of X-Amz-Target; empty for services that speak Query
	version      string // Query only: tells services apart when a request is not signed
	xmlns        string // Query only
	camel        bool   // members start with a lower-case letter on the wire
	throttleCode string
}

var (
	stsAPI     = &api{name: "sts", version: "2011-06-15", xmlns: "https://sts.amazonaws.com/doc/2011-06-15/", throttleCode: "Throttling"}
	iamAPI     = &api{name: "iam", version: "2010-05-08", xmlns: "https://iam.amazonaws.com/doc/2010-05-08/", throttleCode: "Throttling"}
	elbAPI     = &api{name: "elasticloadbalancing", version: "2015-12-01", xmlns: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/", throttleCode: "ThrottlingException"}
	ecsAPI     = &api{name: "ecs", target: "AmazonEC2ContainerServiceV20141113", camel: true, throttleCode: "ThrottlingException"}
	ecrAPI     = &api{name: "ecr", target: "AmazonEC2ContainerRegistry_V20150921", camel: true, throttleCode: "ThrottlingException"}
	cbAPI      = &api{name: "codebuild", target: "CodeBuild_20161006", camel: true, throttleCode: "ThrottlingException"}
	pipeAPI    = &api{name: "codepipeline", target: "CodePipeline_20150709", camel: true, throttleCode: "ThrottlingException"}
	logsAPI    = &api{name: "logs", target: "Logs_20140328", camel: true, throttleCode: "ThrottlingException"}
	ssmAPI     = &api{name: "ssm", target: "AmazonSSM", throttleCode: "ThrottlingException"}
	metricsAPI = &api{name: "cloudwatch", target: "GraniteServiceVersion20100801", throttleCode: "Throttling"}
	ec2API     = &api{name: "ec2", version: "2016-11-15", xmlns: "http://ec2.amazonaws.com/doc/2016-11-15/", throttleCode: "RequestLimitExceeded"}
	tagAPI     = &api{name: "tagging", target: "ResourceGroupsTaggingAPI_20170126", throttleCode: "ThrottledException"}
)

func (a *api) query() bool { return a.target == "" }

// operation is one action of a service, typed by the SDK's own structs.
type operation struct {
	api    *api
	action string
	input  reflect.Type
	call   func(input any) (output any, err error)
}

// operations is the routing table.
type operations map[string]*operation // key: service name + "." + action

// on adds an operation; the action is the input's type name without "Input".
func on[I, O any](table operations, a *api, handler func(*I) (*O, error)) {
	input := reflect.TypeFor[I]()
	action := strings.TrimSuffix(input.Name(), "Input")
	table[a.name+"."+action] = &operation{api: a, action: action, input: input,
		call: func(in any) (any, error) { return handler(in.(*I)) }}
}

// request is one API call taken off the wire, not yet decoded.
type request struct {
	api    *api
	action string
	body   []byte
	form   url.Values // Query only
	cbor   bool       // in Smithy's RPC v2 with CBOR, which the SDK speaks to some services in place of JSON
}

// parseRequest finds out which service and action a request is for.
func parseRequest(path string, header http.Header, body []byte) (request, error) {
	if header.Get("Smithy-Protocol") == rpcCBOR {
		return parseRPC(path, body)
	}
	if target := header.Get("X-Amz-Target"); target != "" {
		prefix, action, _ := strings.Cut(target, ".")
		if a := targeted(prefix); a != nil && action != "" {
			return request{api: a, action: action, body: body}, nil
		}
		return request{}, fmt.Errorf("no service has the target %q", target)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return request{}, fmt.Errorf("parse query: %w", err)
	}
	for _, a := range []*api{stsAPI, iamAPI, elbAPI, ec2API} {
		if signedFor(header.Get("Authorization"), a.name) || form.Get("Version") == a.version {
			return request{api: a, action: form.Get("Action"), form: form}, nil
		}
	}
	return request{}, fmt.Errorf("the request names no known service")
}

// targeted finds the service of a target; nil when there is none.
func targeted(target string) *api {
	for _, a := range []*api{ecsAPI, ecrAPI, cbAPI, pipeAPI, logsAPI, ssmAPI, tagAPI, metricsAPI} {
		if a.target == target {
			return a
		}
	}
	return nil
}

// parseRPC reads /service/<target>/operation/<action>.
func parseRPC(path string, body []byte) (request, error) {
	target, action, _ := strings.Cut(strings.TrimPrefix(path, "/service/"), "/operation/")
	if a := targeted(target); a != nil && action != "" {
		return request{api: a, action: action, body: body, cbor: true}, nil
	}
	return request{}, fmt.Errorf("no service has the path %q", path)
}

// signedFor reports whether a SigV4 header's scope (key/date/region/service/aws4_request) is that of the service.
func signedFor(authorization, service string) bool {
	scope := strings.Split(authorization, "/")
	return len(scope) > 3 && scope[3] == service
}

// decode fills a new input struct from the request.
func (q request) decode(op *operation) (any, error) {
	in := reflect.New(op.input)
	var err error
	switch {
	case q.cbor:
		err = decodeCBOR(q.body, in.Elem())
	case q.api == ec2API:
		err = decodeQuery(numbered(q.form), in.Elem())
	case q.api.query():
		err = decodeQuery(q.form, in.Elem())
	default:
		err = decodeJSON(q.body, in.Elem())
	}
	if err != nil {
		code := "SerializationException"
		if q.api.query() {
			code = "MalformedInput"
		}
		return nil, fail(code, "%s", err)
	}
	return in.Interface(), nil
}

// answer is what goes back on the wire.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (q request) encode(output any, requestID string) answer {
	if q.cbor {
		return answer{http.StatusOK, headerOfCBOR(requestID), encodeCBOR(output)}
	}
	if q.api == ec2API {
		return answer{http.StatusOK, http.Header{"Content-Type": {"text/xml;charset=UTF-8"}, "X-Amzn-Requestid": {requestID}},
			encodeEC2(q.action, output, requestID)}
	}
	if q.api.query() {
		return answer{http.StatusOK, http.Header{"Content-Type": {"text/xml"}, "X-Amzn-Requestid": {requestID}},
			encodeXML(q.api.xmlns, q.action, output, requestID)}
	}
	return answer{http.StatusOK, http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amzn-Requestid": {requestID}},
		encodeJSON(output, q.api.camel)}
}
