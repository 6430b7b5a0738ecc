package servers

import (
	"errors"
	"strings"
	"testing"
)

func TestMissingProgramSaysWhatToInstall(t *testing.T) {
	_, err := find("no-such-program-of-qabot")
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "apt-get install") {
		t.Errorf("got %v", err)
	}
}
