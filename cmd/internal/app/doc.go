// Package app wires bot, provisioner and store into the program that qabot, the sandbox and the story tests run. It reads
// the configuration, checks at the start that everything answers, and knows nothing of what the parts do.
package app
