package servers

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestMissingProgramSaysWhatToInstall(t *testing.T) {
	_, err := find("no-such-program-of-qabot")
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "apt-get install") {
		t.Errorf("got %v", err)
	}
}

func TestFolderThatTheServerCannotEnterIsNamed(t *testing.T) {
	denied := fmt.Errorf("start mariadbd: %w", fs.ErrPermission)
	if err := (&owner{}).explain(denied, "/closed/mysql"); !errors.Is(err, denied) || !strings.Contains(err.Error(), "must get through to /closed/mysql") {
		t.Errorf("as another user: %v", err)
	}
	if err := (*owner)(nil).explain(denied, "/closed/mysql"); err != denied {
		t.Errorf("as who we are: %v", err)
	}
}
