package awssim

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxQueryDepth bounds the nesting of a form key; real inputs stay far below.
const maxQueryDepth = 32

// decodeQuery fills an input struct from a form: "Tags.member.2.Key=x". Unknown members are ignored.
func decodeQuery(form url.Values, into reflect.Value) error {
	root := &node{}
	for key, values := range form {
		path := strings.Split(key, ".")
		if len(path) > maxQueryDepth {
			return fmt.Errorf("parameter %.40s... is nested too deeply", key)
		}
		root.put(path, values[0])
	}
	return root.fill(into)
}

// node is one level of a form's keys, taken apart at the dots.
type node struct {
	text     string
	children map[string]*node
}

func (n *node) put(path []string, text string) {
	for _, name := range path {
		child := n.children[name]
		if child == nil {
			if n.children == nil {
				n.children = map[string]*node{}
			}
			child = &node{}
			n.children[name] = child
		}
		n = child
	}
	n.text = text
}

func (n *node) fill(v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		return n.fill(p.Elem())
	case v.Kind() == reflect.Struct && v.Type() != timeType:
		for name, child := range n.children {
			f := field(v, name)
			if !f.IsValid() || f.Kind() == reflect.Interface || f.Kind() == reflect.Map {
				continue
			}
			if err := child.fill(f); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		items := n.items()
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if err := item.fill(v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	return setScalar(v, n.text)
}

// items are a list's members in the order of their numbers, whatever gaps these have.
func (n *node) items() []*node {
	members := n.children["member"]
	if members == nil {
		return nil
	}
	var numbers []int
	byNumber := map[int]*node{}
	for name, child := range members.children {
		number, err := strconv.Atoi(name)
		if err != nil || byNumber[number] != nil {
			continue
		}
		numbers = append(numbers, number)
		byNumber[number] = child
	}
	slices.Sort(numbers)
	items := make([]*node, len(numbers))
	for i, number := range numbers {
		items[i] = byNumber[number]
	}
	return items
}

func encodeXML(xmlns, action string, output any, requestID string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<%sResponse xmlns="%s"><%sResult>`, action, xmlns, action)
	writeXML(&b, reflect.ValueOf(output))
	fmt.Fprintf(&b, `</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>`, action, requestID, action)
	return b.Bytes()
}

func writeXML(b *bytes.Buffer, v reflect.Value) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch {
	case v.Type() == timeType:
		b.WriteString(v.Interface().(time.Time).UTC().Format("2006-01-02T15:04:05.000Z"))
	case v.Kind() == reflect.Struct:
		eachMember(v, func(name string, f reflect.Value) {
			b.WriteString("<" + name + ">")
			writeXML(b, f)
			b.WriteString("</" + name + ">")
		})
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			b.WriteString("<member>")
			writeXML(b, v.Index(i))
			b.WriteString("</member>")
		}
	default:
		escapeXML(b, fmt.Sprint(v.Interface()))
	}
}

func escapeXML(b *bytes.Buffer, s string) {
	_ = xml.EscapeText(b, []byte(s)) // a Buffer takes everything
}
