// Package provisioner makes the world match the wishes: it looks, compares, takes the steps that are due, notes what it saw
// and when to look again.
//
// Guarantees:
//   - What a pass does depends only on the wish and on what it sees, never on which event came or what was done before: up,
//     push, resume after a crash, drift, cancel, expiry and down are one function.
//   - No pass waits. What takes time is seen by a later pass.
//   - Before each call that changes the world the claim is checked, so a worker that lost its turn stops.
//   - Only what bears the marks of the environment is changed or removed.
package provisioner
