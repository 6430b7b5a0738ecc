package app

import (
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// TestImportEdges keeps the rooms apart: who may know whom is the architecture.
func TestImportEdges(t *testing.T) {
	const us = "qabot/"
	under := func(pkg string, rooms ...string) bool {
		for _, r := range rooms {
			if pkg == us+r || strings.HasPrefix(pkg, us+r+"/") {
				return true
			}
		}
		return false
	}
	rules := []struct {
		reason string
		breaks func(pkg, imp string) bool
	}{
		{"bot and provisioner know each other through the store only", func(pkg, imp string) bool {
			return under(pkg, "bot") && under(imp, "provisioner") || under(pkg, "provisioner") && under(imp, "bot")
		}},
		{"store and manifests import nothing of ours", func(pkg, imp string) bool {
			return under(pkg, "store") && strings.HasPrefix(imp, us) && !under(imp, "store") || under(pkg, "manifests") && strings.HasPrefix(imp, us)
		}},
		{"nothing below imports cmd", func(pkg, imp string) bool { return !under(pkg, "cmd") && under(imp, "cmd") }},
		{"slack-go is imported under bot only", func(pkg, imp string) bool {
			return strings.HasPrefix(imp, "github.com/slack-go/slack") && !under(pkg, "bot")
		}},
		{"the AWS SDK is imported under provisioner/compute, provisioner/awssim and bot/sqsource only", func(pkg, imp string) bool {
			return strings.HasPrefix(imp, "github.com/aws/") && !under(pkg, "provisioner/compute", "provisioner/awssim", "bot/sqsource")
		}},
		{"the bot knows its queue by an interface", func(pkg, imp string) bool { return under(imp, "bot/sqsource") && !under(pkg, "cmd") }},
		{"go-redis is imported under provisioner/keyspace only", func(pkg, imp string) bool {
			return strings.HasPrefix(imp, "github.com/redis/go-redis") && !under(pkg, "provisioner/keyspace")
		}},
		{"database/sql is imported in store and provisioner/schema only", func(pkg, imp string) bool {
			return imp == "database/sql" && !under(pkg, "store", "provisioner/schema")
		}},
		{"the product does not know the simulators", func(pkg, imp string) bool {
			sims := []string{"bot/slacksim", "bot/githubsim", "provisioner/awssim"}
			return under(imp, sims...) && !under(pkg, sims...)
		}},
		{"tests' servers are no part of the product", func(pkg, imp string) bool {
			tests := []string{"store/servers", "provisioner/resourcetest", "bot/npmtest"}
			return under(imp, tests...) && !under(pkg, tests...)
		}},
	}
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "-tags", "gms_pure_go", "qabot/...")
	list.Env = append(list.Environ(), "GOFLAGS=-mod=mod")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; packages++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if under(p.ImportPath, "cmd/sandbox") {
			continue // the sandbox may know everybody
		}
		for _, imp := range p.Imports {
			for _, r := range rules {
				if r.breaks(p.ImportPath, imp) {
					t.Errorf("%s imports %s, but %s", p.ImportPath, imp, r.reason)
				}
			}
		}
	}
	if packages < 10 {
		t.Fatalf("go list gave %d packages: the test looks at nothing", packages)
	}
}
