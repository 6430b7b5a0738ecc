package app

import (
	"cmp"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Fault is one thing that is wrong with the configuration.
type Fault struct {
	Line int    // 0: the file as a whole, or the environment
	Path string // "apps[0].roles[1].name"
	Text string
}

// Faults is an error with every fault of a configuration, in the order of its lines.
type Faults struct {
	File string
	List []Fault
}

func (f *Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s has %d fault(s):", f.File, len(f.List))
	for _, x := range f.List {
		b.WriteString("\n  ")
		if x.Line > 0 {
			fmt.Fprintf(&b, "line %d: ", x.Line)
		}
		if x.Path != "" {
			b.WriteString(x.Path + ": ")
		}
		b.WriteString(x.Text)
	}
	return b.String()
}

// Load reads and checks a configuration file. The error is a *Faults with all of them when the file could be read.
func Load(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Decode(file, text)
}

// Decode is Load for a text at hand; file is only its name in errors.
func Decode(file string, text []byte) (*Config, error) {
	c, faults := decode(file, text)
	if faults != nil {
		return nil, faults
	}
	return c, nil
}

// decode gives what could be read, beside the faults.
func decode(file string, text []byte) (*Config, *Faults) {
	d := decoder{lines: map[string]int{}}
	var c Config
	d.defaults(reflect.ValueOf(&c).Elem())
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		d.fault(0, "", "not YAML: "+strings.TrimSpace(yaml.FormatError(err, false, false)))
	} else if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
		d.fault(0, "", "empty")
	} else {
		d.fill(tree.Docs[0].Body, reflect.ValueOf(&c).Elem(), "")
		for _, f := range c.check() {
			d.fault(d.line(f.Path), f.Path, f.Text)
		}
	}
	if len(d.faults) > 0 {
		slices.SortStableFunc(d.faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
		return &c, &Faults{File: file, List: d.faults}
	}
	return &c, nil
}

// decoder fills a Config from a syntax tree. Unlike a plain decode it goes on after a fault, to find them all.
type decoder struct {
	lines  map[string]int // of every path in the file
	faults []Fault
}

func (d *decoder) fault(line int, path, text string) {
	// A value that could not be read would be missed again by the checks: one fault for a path is enough.
	for _, f := range d.faults {
		if path != "" && f.Path == path {
			return
		}
	}
	d.faults = append(d.faults, Fault{line, path, text})
}

// line is the path's own, or that of the nearest thing around it.
func (d *decoder) line(path string) int {
	for path != "" {
		if n, ok := d.lines[path]; ok {
			return n
		}
		i := max(strings.LastIndexByte(path, '.'), strings.LastIndexByte(path, '['))
		path = path[:max(i, 0)]
	}
	return 0
}

func (d *decoder) fill(n ast.Node, v reflect.Value, path string) {
	n = unwrap(n)
	line := n.GetToken().Position.Line
	if _, ok := d.lines[path]; !ok {
		d.lines[path] = line
	}
	switch {
	case n.Type() == ast.NullType:
		return
	case v.Kind() == reflect.Struct:
		d.fillStruct(n, v, path, line)
	case v.Kind() == reflect.Slice:
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			d.fault(line, path, "must be a list")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
		for i, item := range list.Values {
			d.defaults(v.Index(i))
			d.fill(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case v.Kind() == reflect.Map:
		pairs, ok := mapping(n)
		if !ok {
			d.fault(line, path, "must be names with values")
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for _, pair := range pairs {
			item := reflect.New(v.Type().Elem()).Elem()
			d.fill(pair.Value, item, path+"."+pair.Key.String())
			v.SetMapIndex(reflect.ValueOf(pair.Key.String()), item)
		}
	default:
		if err := yaml.NodeToValue(n, v.Addr().Interface()); err != nil {
			d.fault(line, path, fmt.Sprintf("%s is not %s", strings.TrimSpace(n.String()), describe(v.Type())))
		}
	}
}

func (d *decoder) fillStruct(n ast.Node, v reflect.Value, path string, line int) {
	pairs, ok := mapping(n)
	if !ok {
		d.fault(line, path, "must be names with values")
		return
	}
	fields := map[string]int{}
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get("yaml")] = i
	}
	for _, pair := range pairs {
		name := pair.Key.String()
		at := strings.TrimPrefix(path+"."+name, ".")
		i, known := fields[name]
		if !known {
			d.fault(pair.Key.GetToken().Position.Line, at, "is not a setting here; known are "+strings.Join(sorted(fields), ", "))
			continue
		}
		d.lines[at] = pair.Key.GetToken().Position.Line
		d.fill(pair.Value, v.Field(i), at)
	}
}

// defaults sets what the tags of a struct say, inner structs too.
func (d *decoder) defaults(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		if text, ok := v.Type().Field(i).Tag.Lookup("default"); ok {
			if err := yaml.Unmarshal([]byte(text), v.Field(i).Addr().Interface()); err != nil {
				panic(fmt.Sprintf("default of %s: %v", v.Type().Field(i).Name, err))
			}
		} else {
			d.defaults(v.Field(i))
		}
	}
}

func unwrap(n ast.Node) ast.Node {
	for {
		switch x := n.(type) {
		case *ast.AnchorNode:
			n = x.Value
		case *ast.TagNode:
			n = x.Value
		default:
			return n
		}
	}
}

func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch x := n.(type) {
	case *ast.MappingNode:
		return x.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{x}, true
	}
	return nil, false
}

func describe(t reflect.Type) string {
	switch {
	case t.String() == "time.Duration":
		return "a duration such as 90s or 72h"
	case t.Kind() == reflect.Int:
		return "a whole number"
	case t.Kind() == reflect.Bool:
		return "true or false"
	}
	return "a text"
}

func sorted(m map[string]int) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
