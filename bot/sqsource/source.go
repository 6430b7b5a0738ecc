package sqsource

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/logging"
)

const (
	longPoll   = 20 * time.Second // the longest that SQS allows
	callTime   = 10 * time.Second // for any call, beside the poll
	hidden     = 60 * time.Second // until a message that was not deleted comes again; far longer than keeping one takes
	mostAtOnce = 10
	longest    = 30 * time.Second // between two tries, however long the queue is away
)

// calls are all that is asked of SQS.
type calls interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

// Keep takes one event: GitHub's ID of its delivery, its name, when it was put into the queue, and its payload.
type Keep = func(ctx context.Context, delivery, event string, sent time.Time, payload []byte) error

// Source is one queue. Make it with New.
type Source struct {
	calls calls
	queue string
	log   *slog.Logger
	first time.Duration // before the second try, when the queue does not answer
}

var regionOf = regexp.MustCompile(`^sqs\.([a-z0-9-]+)\.amazonaws\.com`)

// New reads the SDK's default chain. The queue is named by its URL; an empty region is the one in that URL, or as the
// chain finds it. An empty endpoint is AWS's own.
func New(ctx context.Context, queue, region, endpoint string, log *slog.Logger) (*Source, error) {
	u, err := url.Parse(queue)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("queue %q: it is not the URL of a queue", queue)
	}
	if named := regionOf.FindStringSubmatch(u.Host); named != nil {
		region = named[1]
	}
	options := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if endpoint != "" {
		options = append(options, config.WithBaseEndpoint(endpoint))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("load AWS configuration: %w", err)
	}
	return &Source{calls: sqs.NewFromConfig(c), queue: queue, log: log, first: time.Second}, nil
}

// Check asks whether the queue is there and may be read. It changes nothing.
func (s *Source) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	out, err := s.calls.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &s.queue, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn, types.QueueAttributeNameRedrivePolicy},
	})
	if err != nil {
		return fmt.Errorf("ask for queue %s: %w", s.queue, err)
	}
	if out.Attributes[string(types.QueueAttributeNameRedrivePolicy)] == "" {
		s.log.Warn("the queue has no dead-letter queue: a message that cannot be read comes again until it is too old", "queue", s.queue)
	}
	return nil
}

// Run gives every event to keep until ctx ends, and reports how each try to receive went. What keep refuses stays in the
// queue and comes again.
func (s *Source) Run(ctx context.Context, keep Keep, report func(error)) error {
	wait := s.first
	for ctx.Err() == nil {
		messages, err := s.receive(ctx)
		if ctx.Err() != nil && len(messages) == 0 {
			return nil
		}
		report(err)
		if err == nil {
			wait = s.first
			for _, m := range messages {
				s.handle(context.WithoutCancel(ctx), m, keep) // what was received is dealt with, also at the end
			}
			continue
		}
		s.log.Warn("receive from the queue", "queue", s.queue, "error", err)
		pause := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
		wait = min(2*wait, longest)
	}
	return nil
}

func (s *Source) receive(ctx context.Context) ([]types.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, longPoll+callTime)
	defer cancel()
	out, err := s.calls.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &s.queue, MaxNumberOfMessages: mostAtOnce, WaitTimeSeconds: int32(longPoll / time.Second),
		VisibilityTimeout: int32(hidden / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameApproximateReceiveCount, types.MessageSystemAttributeNameSentTimestamp,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("receive messages: %w", err)
	}
	return out.Messages, nil
}

// handle keeps one message and deletes it, in this order.
func (s *Source) handle(ctx context.Context, m types.Message, keep Keep) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	id, tries := aws.ToString(m.MessageId), m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)]
	event, err := Parse([]byte(aws.ToString(m.Body)))
	if err != nil {
		s.log.Error("message left to the dead-letter queue", "message", id, "tries", tries, "error", err)
		return
	}
	if err := keep(ctx, event.Delivery, event.Event, sentAt(m), event.Payload); err != nil {
		s.log.Error("message left in the queue", "message", id, "tries", tries, "delivery", event.Delivery, "event", event.Event, "error", err)
		return
	}
	if _, err := s.calls.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &s.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
		s.log.Warn("delete message: it will come again, and count for nothing", "message", id, "delivery", event.Delivery, "error", err)
	}
}

// sentAt is when a message was put into the queue; zero when SQS does not say.
func sentAt(m types.Message) time.Time {
	ms, err := strconv.ParseInt(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
