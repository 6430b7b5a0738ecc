// Package compute gives each environment what lives in AWS: an image of its commit, a port on the load balancer, a run of
// its migrations, and one service for each role. Around them stand the vault of its secrets (Parameters) and the last
// lines of a log (Explain).
//
// Guarantees:
//   - Everything is found by a deterministic name and bears the environment's tags. What has the name and not the tags is
//     reported as foreign, and never changed or removed.
//   - The staging services are read only.
//   - A build or migration whose answer was lost is found again by its own token; it is not started twice.
//   - A pass over what is as wanted changes nothing. Both sides are brought to one normal form before they are compared.
//   - Every changing call proves the claim in its context first, carries the claim's fence in its user agent, and ends
//     within store.LongestCall, retries included.
//   - No secret gets into a Detail, an Event or a Fact; log lines are scrubbed.
package compute
