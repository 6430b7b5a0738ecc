package awssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/cbor"
)

// apiError is an error as AWS words it. Errors with members of their own are the SDK's typed ones instead.
type apiError struct {
	code, message string
	status        int
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// fail is a client's fault, HTTP 400.
func fail(code, format string, args ...any) error {
	return &apiError{code, fmt.Sprintf(format, args...), http.StatusBadRequest}
}

// errorCode is the code by which clients tell an error; empty for nil.
func errorCode(err error) string {
	var own *apiError
	var typed smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &own):
		return own.code
	case errors.As(err, &typed):
		return typed.ErrorCode()
	}
	return "InternalFailure"
}

// encodeError words an error in the service's protocol.
func (q request) encodeError(err error, requestID string) answer {
	code, message, status := errorCode(err), err.Error(), http.StatusInternalServerError
	members := map[string]any{}
	var own *apiError
	var typed smithy.APIError
	switch {
	case errors.As(err, &own):
		message, status = own.message, own.status
	case errors.As(err, &typed):
		message, status = typed.ErrorMessage(), http.StatusBadRequest
		members, _ = toJSON(reflect.ValueOf(typed), q.api.camel).(map[string]any)
	}
	if q.cbor {
		return answer{status, headerOfCBOR(requestID), cbor.Encode(cbor.Map{"__type": cbor.String(code), "message": cbor.String(message)})}
	}
	header := http.Header{"X-Amzn-Requestid": {requestID}}
	if q.api == ec2API {
		header.Set("Content-Type", "text/xml;charset=UTF-8")
		return answer{status, header, errorEC2(code, message, requestID)}
	}
	if q.api.query() {
		header.Set("Content-Type", "text/xml")
		return answer{status, header, errorXML(q.api.xmlns, code, message, requestID, status)}
	}
	header.Set("Content-Type", "application/x-amz-json-1.1")
	header.Set("X-Amzn-Errortype", code)
	members["__type"], members["message"] = code, message
	body, err := json.Marshal(members)
	if err != nil {
		panic(fmt.Sprintf("encode error %s: %v", code, err)) // the members were made by toJSON
	}
	return answer{status, header, body}
}

func errorXML(xmlns, code, message, requestID string, status int) []byte {
	kind := "Sender"
	if status >= 500 {
		kind = "Receiver"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<ErrorResponse xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>`, xmlns, kind, code)
	escapeXML(&b, message)
	fmt.Fprintf(&b, `</Message></Error><RequestId>%s</RequestId></ErrorResponse>`, requestID)
	return b.Bytes()
}
