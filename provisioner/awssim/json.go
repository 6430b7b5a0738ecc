package awssim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"time"
)

// decodeJSON fills an input struct from an awsJson body. Unknown members are ignored, as AWS does.
func decodeJSON(body []byte, into reflect.Value) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		if errors.Is(err, io.EOF) {
			return nil // an empty body is an input without members
		}
		return err
	}
	return fromJSON(tree, into)
}

func fromJSON(tree any, v reflect.Value) error {
	switch x := tree.(type) {
	case nil:
		return nil
	case string, bool, json.Number:
		if v.Kind() == reflect.Pointer {
			p := reflect.New(v.Type().Elem())
			v.Set(p)
			return fromJSON(tree, p.Elem())
		}
		if _, isString := x.(string); isString != (v.Kind() == reflect.String || v.Kind() == reflect.Slice) && v.Type() != timeType {
			return fmt.Errorf("%v stands where a %s belongs", x, v.Kind())
		}
		return setScalar(v, fmt.Sprint(x))
	case []any:
		return listFromJSON(x, v)
	case map[string]any:
		return objectFromJSON(x, v)
	}
	return nil
}

func listFromJSON(list []any, v reflect.Value) error {
	if v.Kind() != reflect.Slice {
		return fmt.Errorf("a list stands where a %s belongs", v.Kind())
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, item := range list {
		if err := fromJSON(item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func objectFromJSON(members map[string]any, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		return objectFromJSON(members, p.Elem())
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for k, member := range members {
			item := reflect.New(v.Type().Elem()).Elem()
			if err := fromJSON(member, item); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
			v.SetMapIndex(reflect.ValueOf(k).Convert(v.Type().Key()), item)
		}
		return nil
	case reflect.Struct:
		if v.Type() == timeType {
			return errors.New("an object stands where a time belongs")
		}
		for k, member := range members {
			f := field(v, k)
			if !f.IsValid() || f.Kind() == reflect.Interface { // unions belong to calls that are not served
				continue
			}
			if err := fromJSON(member, f); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
		return nil
	}
	return fmt.Errorf("an object stands where a %s belongs", v.Kind())
}

func encodeJSON(output any, camel bool) []byte {
	b, err := json.Marshal(toJSON(reflect.ValueOf(output), camel))
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", output, err)) // the tree holds only what encoding/json knows
	}
	return b
}

func toJSON(v reflect.Value, camel bool) any {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch {
	case v.Type() == timeType: // awsJson times are numbers: seconds with a fraction
		ms := v.Interface().(time.Time).UnixMilli()
		return json.Number(strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64))
	case v.Kind() == reflect.Struct:
		members := map[string]any{}
		eachMember(v, func(name string, f reflect.Value) {
			if camel {
				name = lowerFirst(name)
			}
			members[name] = toJSON(f, camel)
		})
		return members
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case v.Kind() == reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = toJSON(v.Index(i), camel)
		}
		return list
	case v.Kind() == reflect.Map:
		members := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			members[it.Key().String()] = toJSON(it.Value(), camel)
		}
		return members
	}
	return v.Interface()
}
