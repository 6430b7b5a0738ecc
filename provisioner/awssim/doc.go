// Package awssim gives an AWS region small enough to run in a process: the unmodified AWS SDK and AWS CLI talk to it
// over their own wire protocols, and what they ask for takes time, fails and conflicts as it does in the real one.
//
// A [Region] is an http.Handler and an http.RoundTripper. It holds one account's ECS, ELBv2, ECR, CodeBuild, SSM
// parameters, S3, CloudWatch Logs, CloudWatch's counts of requests, STS and the Resource Groups Tagging API, limited to the calls that
// an environment needs, and a [Network] that EC2 describes.
//
// Guarantees:
//   - Time is virtual. With Options.Speed zero nothing moves unless Region.Advance is called, so a test sees every
//     state between two steps; with a speed, that many virtual seconds pass in each real one.
//   - Identifiers come from a counter: the same calls give the same answers, names and ARNs.
//   - The region is strict: what AWS refuses is refused here, with the same error code.
//   - It knows no application. What a build or a container does is up to the [Runner] or to the hooks OnBuild and
//     OnTask; without them builds succeed and containers are healthy.
//   - It is safe for concurrent use, and Close ends every goroutine, listener and process it started.
//
// Faults, lags, quotas and throttle buckets are knobs; every call is recorded.
package awssim
