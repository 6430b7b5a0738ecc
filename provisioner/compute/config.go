package compute

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"qabot/store"
)

// Retries happen inside store.LongestCall, so they are few and soon; what lasts longer is left to the next pass.
const (
	attempts   = 4
	maxBackoff = 2 * time.Second
	// longestTurn is how long a call waits for its turn in a pass that others wait for, too.
	longestTurn = 2 * time.Second
)

var errUnclaimed = errors.New("a changing call without a claim")

// Config reads the SDK's default chain. An empty region or endpoint is as the chain finds it. Clients made from it refuse
// changing calls without a live claim in the context, name the claim's fence in the user agent, bound each operation to
// store.LongestCall, keep within AWS's request buckets, and slow down when it throttles all the same.
func Config(ctx context.Context, region, endpoint string) (aws.Config, error) {
	var p *pacer
	if endpoint == "" { // another endpoint has its own measures
		p = newPacer(time.Now, longestTurn)
	}
	return configure(ctx, region, endpoint, p)
}

func configure(ctx context.Context, region, endpoint string, p *pacer) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(newRetryer),
		config.WithLogger(logging.Nop{}), // what matters comes back as an error
		config.WithAPIOptions([]func(*middleware.Stack) error{bindStack, func(stack *middleware.Stack) error {
			return stack.Finalize.Insert(p.middleware(), "Retry", middleware.After)
		}}),
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if endpoint != "" {
		options = append(options, config.WithBaseEndpoint(endpoint))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("load AWS configuration: %w", err)
	}
	return cfg, nil
}

func newRetryer() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = attempts, maxBackoff
		})
	})
}

// bindStack ties every operation of a client to the claim in its context.
func bindStack(stack *middleware.Stack) error {
	bound := middleware.InitializeMiddlewareFunc("qabot/bound", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		if streamed(awsmiddleware.GetOperationName(ctx)) {
			return next.HandleInitialize(ctx, in)
		}
		ctx, cancel := context.WithTimeout(ctx, store.LongestCall)
		defer cancel()
		return next.HandleInitialize(ctx, in)
	})
	fence := middleware.BuildMiddlewareFunc("qabot/fence", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
		if req, ok := in.Request.(*smithyhttp.Request); ok {
			if c := store.ClaimOf(ctx); c != nil {
				req.Header.Set("User-Agent", fmt.Sprintf("%s qabot/fence-%d", req.Header.Get("User-Agent"), c.Fence))
			}
		}
		return next.HandleBuild(ctx, in)
	})
	// After Retry: each attempt is a call of its own.
	claim := middleware.FinalizeMiddlewareFunc("qabot/claim", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if changes(awsmiddleware.GetOperationName(ctx)) {
			c := store.ClaimOf(ctx)
			if c == nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, errUnclaimed
			}
			if err := c.Check(); err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
		}
		return next.HandleFinalize(ctx, in)
	})
	return errors.Join(
		stack.Initialize.Add(bound, middleware.Before),
		stack.Build.Insert(fence, "UserAgent", middleware.After),
		stack.Finalize.Insert(claim, "Retry", middleware.After),
	)
}

// streamed tells whether an operation's answer is still read when it has returned: whoever calls it sets a bound.
func streamed(operation string) bool { return operation == "GetObject" }

// changes tells whether an operation changes the world; AWS names those that do not by their first word.
func changes(operation string) bool {
	for _, reading := range []string{"Describe", "List", "Get", "BatchGet", "Head", "Simulate"} {
		if strings.HasPrefix(operation, reading) {
			return false
		}
	}
	return true
}
