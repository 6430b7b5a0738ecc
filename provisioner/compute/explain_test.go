package compute

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSaidLeavesOutWhatCodeBuildSaysOfItself(t *testing.T) {
	got := said([]string{
		"[Container] 2026/03/01 10:00:00.123456 Waiting for agent ping\n",
		"[Container] 2026/03/01 10:00:01 Entering phase BUILD",
		"[Container] 2026/03/01 10:00:01 Running command docker run --rm image sh -c \"$MIGRATE_COMMAND\"",
		"[Container] 2026/03/01 10:00:01 Running on CodeBuild On-demand",
		"== 001: migrating",
		"",
		"Table 'x' doesn't exist",
		"[Container] 2026/03/01 10:00:09.5 Command did not exit successfully docker run exit status 1",
		"[Container] 2026/03/01 10:00:09 Phase complete: BUILD State: FAILED",
		"[Container] 2026/03/01 10:00:09 Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command. Reason: exit status 1",
		"[Container] 2026/03/01 10:00:09 Phase context status code:  Message: ",
	})
	want := []string{
		"== 001: migrating", "", "Table 'x' doesn't exist",
		"Command did not exit successfully docker run exit status 1",
		"Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command. Reason: exit status 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
