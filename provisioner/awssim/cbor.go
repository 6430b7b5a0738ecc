package awssim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// rpcCBOR is what requests in Smithy's RPC v2 name as their protocol.
const rpcCBOR = "rpc-v2-cbor"

func headerOfCBOR(requestID string) http.Header {
	return http.Header{"Content-Type": {"application/cbor"}, "Smithy-Protocol": {rpcCBOR}, "X-Amzn-Requestid": {requestID}}
}

// decodeCBOR fills an input struct from a body in CBOR, by way of the tree that JSON would give.
func decodeCBOR(body []byte, into reflect.Value) error {
	if len(body) == 0 {
		return nil // an input without members
	}
	v, err := cbor.Decode(body)
	if err != nil {
		return err
	}
	tree, err := plainOf(v)
	if err != nil {
		return err
	}
	return fromJSON(tree, into)
}

// plainOf gives a value as JSON has it.
func plainOf(v cbor.Value) (any, error) {
	switch x := v.(type) {
	case cbor.Uint:
		return json.Number(strconv.FormatUint(uint64(x), 10)), nil
	case cbor.NegInt:
		return json.Number("-" + strconv.FormatUint(uint64(x), 10)), nil
	case cbor.Float32:
		return json.Number(strconv.FormatFloat(float64(x), 'f', -1, 32)), nil
	case cbor.Float64:
		return json.Number(strconv.FormatFloat(float64(x), 'f', -1, 64)), nil
	case cbor.String:
		return string(x), nil
	case cbor.Slice:
		return base64.StdEncoding.EncodeToString(x), nil
	case cbor.Bool:
		return bool(x), nil
	case *cbor.Nil, *cbor.Undefined:
		return nil, nil
	case *cbor.Tag: // of times only
		return plainOf(x.Value)
	case cbor.List:
		list := make([]any, len(x))
		for i, item := range x {
			var err error
			if list[i], err = plainOf(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case cbor.Map:
		members := make(map[string]any, len(x))
		for k, member := range x {
			var err error
			if members[k], err = plainOf(member); err != nil {
				return nil, err
			}
		}
		return members, nil
	}
	return nil, fmt.Errorf("%T is not served", v)
}

// encodeCBOR writes an output struct.
func encodeCBOR(output any) []byte { return cbor.Encode(toCBOR(reflect.ValueOf(output))) }

// epoch tags a number as seconds since 1970 (RFC 8949, 3.4.2).
const epoch = 1

func toCBOR(v reflect.Value) cbor.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return &cbor.Nil{}
		}
		v = v.Elem()
	}
	switch {
	case v.Type() == timeType:
		return &cbor.Tag{ID: epoch, Value: cbor.Float64(float64(v.Interface().(time.Time).UnixMilli()) / 1000)}
	case v.Kind() == reflect.Struct:
		members := cbor.Map{}
		eachMember(v, func(name string, f reflect.Value) { members[name] = toCBOR(f) })
		return members
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return cbor.Slice(v.Bytes())
	case v.Kind() == reflect.Slice:
		list := make(cbor.List, v.Len())
		for i := range list {
			list[i] = toCBOR(v.Index(i))
		}
		return list
	case v.Kind() == reflect.Map:
		members := cbor.Map{}
		for it := v.MapRange(); it.Next(); {
			members[it.Key().String()] = toCBOR(it.Value())
		}
		return members
	case v.Kind() == reflect.String:
		return cbor.String(v.String())
	case v.Kind() == reflect.Bool:
		return cbor.Bool(v.Bool())
	case v.CanFloat():
		return cbor.Float64(v.Float())
	case v.CanInt() && v.Int() < 0:
		return cbor.NegInt(uint64(-v.Int()))
	case v.CanInt():
		return cbor.Uint(uint64(v.Int()))
	}
	panic(fmt.Sprintf("encode %s in CBOR", v.Type())) // no output that is served has such a member
}
