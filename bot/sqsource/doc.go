// Package sqsource brings GitHub's events from an Amazon SQS queue, for installations that nothing may call from outside.
// Whoever fills the queue receives the webhooks, verifies their signature, and puts one message into the queue for each:
//
//	{
//	  "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",   X-GitHub-Delivery
//	  "event":    "push",                                    X-GitHub-Event
//	  "sha256":   "6dcb09b5...",                             of the body as it came, in hex
//	  "payload":  {...}
//	}
//
// The payload may be reduced to what qabot reads, since a queue takes less than GitHub sends: action, ref, ref_type, after, deleted,
// number, label.name, pusher.name, sender.login, sender.type, head_commit.message, repository.id, repository.full_name,
// installation.id, installation.account.login, changes, the full_name of repositories, repositories_added and
// repositories_removed, and of pull_request: number, head.ref, head.sha, head.repo.id and base.repo.id. Instead of "payload"
// there may be "body", the whole of it as a text; then the sum is checked. Both may come in the envelope of an EventBridge
// event, as its detail; a detail that is the payload itself takes its event from detail-type.
//
// A message is deleted once it was kept, so it may come twice and is never lost. One that cannot be read is logged and
// left, so that the queue gives it to its dead-letter queue. It needs sqs:ReceiveMessage, sqs:DeleteMessage and
// sqs:GetQueueAttributes.
package sqsource
