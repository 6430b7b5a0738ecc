package manifests_test

import (
	"os/exec"
	"testing"
)

// TestLambda runs the tests of the Lambda function in the language that it is written in.
func TestLambda(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("the Lambda function is tested in Node.js: install it (Debian: apt-get install nodejs)")
	}
	if out, err := exec.CommandContext(t.Context(), node, "--test", "lambda/").CombinedOutput(); err != nil {
		t.Errorf("node --test lambda/: %v\n%s", err, out)
	}
}
