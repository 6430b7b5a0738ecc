package awssim

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The SDK's structs can be walked by reflection: a Go field is the wire's member with an upper-case first letter.

var timeType = reflect.TypeFor[time.Time]()

// field is the settable field for a member's wire name, or the zero Value when the struct has none.
func field(v reflect.Value, member string) reflect.Value {
	first, size := utf8.DecodeRuneInString(member)
	if size == 0 || member == "ResultMetadata" {
		return reflect.Value{}
	}
	f := v.FieldByName(string(unicode.ToUpper(first)) + member[size:])
	if !f.IsValid() || !f.CanSet() {
		return reflect.Value{}
	}
	return f
}

// eachMember calls f for every member that is present: nil pointers, slices and maps and empty strings are absent.
func eachMember(v reflect.Value, f func(name string, v reflect.Value)) {
	t := v.Type()
	for i := range t.NumField() {
		sf, fv := t.Field(i), v.Field(i)
		if !sf.IsExported() || sf.Name == "ResultMetadata" {
			continue
		}
		switch fv.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
			if fv.IsNil() {
				continue
			}
		case reflect.String:
			if fv.Len() == 0 {
				continue
			}
		}
		f(sf.Name, fv)
	}
}

// setScalar sets a string, boolean, number, blob or time from its text on the wire.
func setScalar(v reflect.Value, text string) error {
	switch {
	case v.Type() == timeType:
		t, err := parseTime(text)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(t))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is not a boolean", text)
		}
		v.SetBool(b)
	case v.CanInt():
		i, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("%q is not an integer", text)
		}
		v.SetInt(i)
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		v.SetFloat(f)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return fmt.Errorf("not base64: %w", err)
		}
		v.SetBytes(b)
	default:
		return fmt.Errorf("%q stands where a %s belongs", text, v.Kind())
	}
	return nil
}

func parseTime(text string) (time.Time, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(seconds) < 1e11 {
		return time.UnixMilli(int64(seconds * 1000)).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time", text)
	}
	return t, nil
}

// copyMembers copies the members of src that dst has too, following pointers; absent ones leave dst as it is.
// Both are pointers to SDK structs.
func copyMembers(dst, src any) {
	d := reflect.ValueOf(dst).Elem()
	eachMember(reflect.ValueOf(src).Elem(), func(name string, v reflect.Value) {
		f := d.FieldByName(name)
		switch {
		case !f.IsValid():
		case f.Type() == v.Type():
			f.Set(v)
		case v.Kind() == reflect.Pointer && f.Type() == v.Type().Elem():
			f.Set(v.Elem())
		}
	})
}

// eachString calls f for every string inside v.
func eachString(v reflect.Value, f func(string)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachString(v.Elem(), f)
		}
	case reflect.Struct:
		if v.Type() != timeType {
			eachMember(v, func(_ string, v reflect.Value) { eachString(v, f) })
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachString(v.Index(i), f)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			eachString(it.Value(), f)
		}
	case reflect.String:
		f(v.String())
	}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
