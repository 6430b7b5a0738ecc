package compute

import (
	"context"
	"errors"
	"net"
	"net/http"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"qabot/store"
)

// denials are the codes with which services refuse for want of a permission.
var denials = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess"}

// vanished are the codes that say that something went away between two looks.
var vanished = []string{"ListenerNotFound", "TargetGroupNotFound", "RuleNotFound"}

// missing finds action and resource in a denial: AWS has no field for them.
var missing = regexp.MustCompile(`not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)(?: on resource: (\S+))?`)

// fault gives a Problem for what people must cure or should know of, and any other error as it is: that is tried again.
func fault(err error) error {
	var api smithy.APIError
	switch {
	case errors.As(err, &api) && slices.Contains(denials, api.ErrorCode()):
		return denied(err, api)
	case unanswered(err):
		return store.NewProblem(err, store.Unreachable, "AWS")
	}
	return err
}

// unanswered tells whether AWS could not be asked at all.
func unanswered(err error) bool {
	var api smithy.APIError
	var network net.Error
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &api) || errors.Is(err, context.Canceled) || store.Ours(err) {
		return false
	}
	return errors.As(err, &sent) || errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded)
}

func denied(err error, api smithy.APIError) error {
	var operation *smithy.OperationError
	action, resource := "", "*"
	if errors.As(err, &operation) {
		action = operation.Service() + ":" + operation.Operation()
	}
	if m := missing.FindStringSubmatch(api.ErrorMessage()); m != nil {
		action = m[1]
		if m[2] != "" {
			resource = m[2]
		}
	}
	return store.NewProblem(err, store.Denied, action, resource)
}

// unseen says what an Observe that met this error can tell: nothing, and why. An error that comes back has no words for
// people; it is one for the whole call.
func unseen(err error) (store.Observation, error) {
	var problem *store.Problem
	var api smithy.APIError
	var answer *smithyhttp.ResponseError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, store.ErrFenced):
		return store.Observation{}, err
	case errors.As(fault(err), &problem):
		return store.Observation{Detail: problem.Detail}, nil
	case coded(err, vanished...):
		return store.Observation{Detail: store.Say(store.Retrying)}, nil
	case errors.As(err, &api):
		if throttled(api.ErrorCode()) || errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError {
			return store.Observation{Detail: store.Say(store.Retrying)}, nil
		}
		return store.Observation{}, err
	}
	return store.Observation{}, err
}

// allUnseen is unseen for an error that keeps all environments from being seen.
func allUnseen(n int, err error) ([]store.Observation, error) {
	o, err := unseen(err)
	if err != nil {
		return nil, err
	}
	return slices.Repeat([]store.Observation{o}, n), nil
}

func throttled(code string) bool {
	_, ok := retry.DefaultThrottleErrorCodes[code]
	return ok
}

// coded tells whether the error carries one of the service's codes.
func coded(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

// message is what the service says of its refusal.
func message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}
