package manifests_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"qabot/manifests"
)

// tfModule is a folder of Terraform as far as the tests look at it.
type tfModule struct {
	blocks []*hclsyntax.Block
	refs   map[string][]string // what is referred to, such as var.tags or aws_lb.qa, with the files that do
}

func readModule(t *testing.T, dir string) tfModule {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Terraform in %s: %v", dir, err)
	}
	m := tfModule{refs: map[string][]string{}}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, hclwrite.Format(text)) {
			t.Errorf("%s is not as `terraform fmt` writes it", name)
		}
		file, faults := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
		if faults.HasErrors() {
			t.Fatal(faults)
		}
		body := file.Body.(*hclsyntax.Body)
		m.blocks = append(m.blocks, body.Blocks...)
		hclsyntax.VisitAll(body, func(node hclsyntax.Node) hcl.Diagnostics {
			if e, ok := node.(*hclsyntax.ScopeTraversalExpr); ok {
				m.refs[reference(e.Traversal)] = append(m.refs[reference(e.Traversal)], name)
			}
			return nil
		})
	}
	return m
}

// reference is what a traversal names: var.x, local.x, data.type.name or type.name.
func reference(t hcl.Traversal) string {
	words := []string{t.RootName()}
	most := 2
	if t.RootName() == "data" {
		most = 3
	}
	for _, step := range t[1:] {
		attribute, ok := step.(hcl.TraverseAttr)
		if !ok || len(words) == most {
			break
		}
		words = append(words, attribute.Name)
	}
	return strings.Join(words, ".")
}

// defined gives everything that may be referred to.
func (m tfModule) defined() map[string]bool {
	names := map[string]bool{}
	for _, b := range m.blocks {
		switch b.Type {
		case "variable":
			names["var."+b.Labels[0]] = true
		case "resource":
			names[strings.Join(b.Labels, ".")] = true
		case "data":
			names["data."+strings.Join(b.Labels, ".")] = true
		case "module":
			names["module."+b.Labels[0]] = true
		case "locals":
			for name := range b.Body.Attributes {
				names["local."+name] = true
			}
		}
	}
	return names
}

// TestTerraformIsWhole parses the module and its example: all is formatted, described, defined and used.
func TestTerraformIsWhole(t *testing.T) {
	for _, dir := range []string{"terraform", filepath.Join("terraform", "examples", "complete")} {
		m := readModule(t, dir)
		defined := m.defined()
		for ref, in := range m.refs {
			root, _, _ := strings.Cut(ref, ".")
			switch {
			case defined[ref], root == "each", root == "path", root == "count":
			case !strings.Contains(ref, "."): // the variable of a for expression or a dynamic block
			case !strings.Contains(root, "_") && root != "var" && root != "local" && root != "data" && root != "module":
			default:
				t.Errorf("%s: %s is defined nowhere", in[0], ref)
			}
		}
		for _, b := range m.blocks {
			if b.Type != "variable" && b.Type != "output" || dir != "terraform" {
				continue
			}
			if b.Body.Attributes["description"] == nil {
				t.Errorf("%s %s has no description", b.Type, b.Labels[0])
			}
			if b.Type == "variable" && len(m.refs["var."+b.Labels[0]]) == 0 {
				t.Errorf("variable %s is used nowhere", b.Labels[0])
			}
		}
	}
}

// TestTerraformFillsThePolicy wants each placeholder of the policy to be given, and none that is not there.
func TestTerraformFillsThePolicy(t *testing.T) {
	wanted := map[string]bool{}
	for _, found := range placeholder.FindAllStringSubmatch(manifests.Policy, -1) {
		wanted[found[1]] = true
	}
	text, err := os.ReadFile(filepath.Join("terraform", "roles.tf"))
	if err != nil {
		t.Fatal(err)
	}
	_, call, ok := strings.Cut(string(text), `templatefile("${path.module}/../iam/policy.json", {`)
	call, _, end := strings.Cut(call, "})")
	if !ok || !end {
		t.Fatal("roles.tf does not fill the policy in")
	}
	given := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^\s*([a-z_]+)\s*=`).FindAllStringSubmatch(call, -1) {
		given[found[1]] = true
		if !wanted[found[1]] {
			t.Errorf("roles.tf gives %s, which the policy does not ask for", found[1])
		}
	}
	for name := range wanted {
		if !given[name] {
			t.Errorf("roles.tf does not give %s", name)
		}
	}
}
