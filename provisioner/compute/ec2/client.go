package ec2

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/ec2query"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// What the SDK calls the service, and the version of its API.
const (
	serviceID   = "EC2"
	signingName = "ec2"
	apiVersion  = "2016-11-15"
)

// Client asks EC2. It is safe for concurrent use.
type Client struct {
	cfg     aws.Config
	retryer aws.Retryer
	signer  *v4.Signer
}

// NewFromConfig makes a Client.
func NewFromConfig(cfg aws.Config) *Client {
	c := &Client{cfg: cfg, signer: v4.NewSigner()}
	if cfg.Retryer != nil {
		c.retryer = cfg.Retryer()
	} else {
		c.retryer = retry.NewStandard()
	}
	if c.cfg.HTTPClient == nil {
		c.cfg.HTTPClient = awshttp.NewBuildableClient()
	}
	return c
}

// call makes one call of EC2's query protocol through the SDK's middleware, and reads its answer into out.
func (c *Client) call(ctx context.Context, action string, form url.Values, out any) error {
	where, err := c.endpoint(ctx)
	if err != nil {
		return fmt.Errorf("endpoint of EC2: %w", err)
	}
	ctx = middleware.WithOperationName(middleware.WithServiceID(middleware.ClearStackValues(ctx), serviceID), action)
	ctx = awsmiddleware.SetServiceID(ctx, serviceID)
	form.Set("Action", action)
	form.Set("Version", apiVersion)
	stack := middleware.NewStack(action, smithyhttp.NewStackRequest)
	if err := c.assemble(stack, where, form.Encode(), out); err != nil {
		return fmt.Errorf("prepare %s: %w", action, err)
	}
	//lint:ignore SA1019 what takes its place is made for generated code
	handler := middleware.DecorateHandler(smithyhttp.NewClientHandler(c.cfg.HTTPClient), stack)
	if _, _, err := handler.Handle(ctx, nil); err != nil {
		return &smithy.OperationError{ServiceID: serviceID, OperationName: action, Err: err}
	}
	return nil
}

// assemble puts the steps of a call in the places where the SDK's clients have them, which is where cfg.APIOptions look for them.
func (c *Client) assemble(stack *middleware.Stack, where, body string, out any) error {
	operation := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		return awsmiddleware.RegisterServiceMetadata{ServiceID: serviceID, SigningName: signingName, Region: c.cfg.Region, OperationName: stack.ID()}.HandleInitialize(ctx, in, next)
	}
	serialize := func(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
		req, err := request(in.Request, where, body)
		if err != nil {
			return middleware.SerializeOutput{}, middleware.Metadata{}, err
		}
		in.Request = req
		return next.HandleSerialize(ctx, in)
	}
	sign := func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if err := c.sign(ctx, in.Request.(*smithyhttp.Request), body); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		return next.HandleFinalize(ctx, in)
	}
	deserialize := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		answer, metadata, err := next.HandleDeserialize(ctx, in)
		if err == nil {
			err = read(answer.RawResponse.(*smithyhttp.Response), out)
		}
		return answer, metadata, err
	}
	err := errors.Join(
		stack.Initialize.Add(middleware.InitializeMiddlewareFunc("RegisterServiceMetadata", operation), middleware.Before),
		stack.Serialize.Add(middleware.SerializeMiddlewareFunc("OperationSerializer", serialize), middleware.After),
		stack.Build.Add(awsmiddleware.NewRequestUserAgent(), middleware.After),
		//lint:ignore SA1019 what takes its place is made for generated code
		smithyhttp.AddComputeContentLengthMiddleware(stack),
		stack.Finalize.Add(retry.NewAttemptMiddleware(c.retryer, smithyhttp.RequestCloner), middleware.After),
		stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("Signing", sign), middleware.After),
		stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("OperationDeserializer", deserialize), middleware.After),
		awsmiddleware.AddRequestIDRetrieverMiddleware(stack),
		awshttp.AddResponseErrorMiddleware(stack),
		//lint:ignore SA1019 what takes its place is made for generated code
		smithyhttp.AddErrorCloseResponseBodyMiddleware(stack),
		//lint:ignore SA1019 what takes its place is made for generated code
		smithyhttp.AddCloseResponseBodyMiddleware(stack),
	)
	for _, option := range c.cfg.APIOptions {
		err = errors.Join(err, option(stack))
	}
	return err
}

func request(blank any, where, body string) (*smithyhttp.Request, error) {
	req := blank.(*smithyhttp.Request)
	address, err := url.Parse(where)
	if err != nil {
		return nil, fmt.Errorf("parse the endpoint: %w", err)
	}
	if address.Path == "" {
		address.Path = "/"
	}
	req.Method, req.URL, req.Host = http.MethodPost, address, address.Host
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req.SetStream(strings.NewReader(body))
}

func (c *Client) sign(ctx context.Context, req *smithyhttp.Request, body string) error {
	if c.cfg.Credentials == nil {
		return errors.New("there are no credentials")
	}
	who, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("get credentials: %w", err)
	}
	sum := sha256.Sum256([]byte(body))
	return c.signer.SignHTTP(ctx, who, req.Request, hex.EncodeToString(sum[:]), signingName, c.cfg.Region, time.Now().UTC())
}

// read reads an answer, or the error that EC2 gives in its place.
func read(response *smithyhttp.Response, out any) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		said, err := ec2query.GetErrorResponseComponents(bytes.NewReader(body))
		if err != nil || said.Code == "" {
			said.Code = "UnknownError"
		}
		fault := smithy.FaultClient
		if response.StatusCode >= http.StatusInternalServerError {
			fault = smithy.FaultServer
		}
		return &smithy.GenericAPIError{Code: said.Code, Message: said.Message, Fault: fault}
	}
	if err := xml.Unmarshal(body, out); err != nil {
		return &smithy.DeserializationError{Err: fmt.Errorf("read the answer: %w", err)}
	}
	return nil
}

// endpoint is the configured one, or the Region's. Which domain a Region lies in is for the SDK to know: it is asked by a service
// whose addresses are made like EC2's.
func (c *Client) endpoint(ctx context.Context) (string, error) {
	for _, source := range c.cfg.ConfigSources {
		if s, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, service string) (string, bool, error)
		}); ok {
			if found, ok, err := s.GetServiceBaseEndpoint(ctx, serviceID); ok || err != nil {
				return found, err
			}
		}
	}
	if c.cfg.BaseEndpoint != nil {
		return *c.cfg.BaseEndpoint, nil
	}
	like, err := elb.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, elb.EndpointParameters{Region: &c.cfg.Region, UseDualStack: new(false), UseFIPS: new(false)})
	if err != nil {
		return "", err
	}
	return strings.Replace(like.URI.String(), "//elasticloadbalancing.", "//ec2.", 1), nil
}
