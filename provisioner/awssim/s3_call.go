package awssim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// answerREST takes a call of S3 from its request to its answer; ok is false for other services'.
func (r *Region) answerREST(ctx context.Context, method, host string, u *url.URL, header http.Header, body []byte) (a answer, ok bool, err error) {
	action, in, ok := parseREST(method, host, u, header, body)
	if !ok {
		return answer{}, false, nil
	}
	q := request{api: s3API, action: action}
	c := newCall(q, header, nil)
	c.Input, _ = json.Marshal(in) // strings only
	if in.body, err = unchunked(header, body); err != nil {
		return r.errorREST(method, fail("IncompleteBody", "%s", err), r.record(c, err, false)), true, nil
	}
	f := r.faultFor(c)
	if f.Kind != NoFault && !f.After {
		a, err := r.goWrongREST(ctx, method, f, r.record(c, faultError(s3API, f), false))
		return a, true, err
	}
	do := r.restRoutes()[action]
	if do == nil {
		err := &apiError{"NotImplemented", "the simulated region does not serve s3." + action, http.StatusNotImplemented}
		return r.errorREST(method, err, r.record(c, err, false)), true, nil
	}
	var id string
	r.locked(func() {
		r.judge(&c, struct{ Key string }{in.Key})
		a, err = do(in)
		id = r.recordLocked(c, err, err == nil)
	})
	if err != nil {
		return r.errorREST(method, err, id), true, nil
	}
	if f.Kind != NoFault {
		a, err := r.goWrongREST(ctx, method, f, id)
		return a, true, err
	}
	a.header.Set("X-Amz-Request-Id", id)
	return a, true, nil
}

func (r *Region) goWrongREST(ctx context.Context, method string, f Fault, id string) (answer, error) {
	if err := f.asError(s3API); err != nil {
		return r.errorREST(method, err, id), nil
	}
	return r.goWrong(ctx, request{api: s3API}, f, id)
}

func (r *Region) errorREST(method string, err error, id string) answer {
	status, message := http.StatusInternalServerError, err.Error()
	var own *apiError
	if errors.As(err, &own) {
		status, message = own.status, own.message
	}
	switch errorCode(err) {
	case "SlowDown":
		status = http.StatusServiceUnavailable
	case "AccessDenied":
		status = http.StatusForbidden
	}
	a := answer{status, http.Header{"Content-Type": {"application/xml"}, "X-Amz-Request-Id": {id}}, nil}
	if method == http.MethodHead {
		return a // it has no body, and so no code
	}
	a.body, _ = xml.Marshal(struct {
		XMLName                  xml.Name `xml:"Error"`
		Code, Message, RequestId string
	}{Code: errorCode(err), Message: message, RequestId: id})
	return a
}

// unchunked takes a body out of the pieces in which it is sent when its checksum comes behind it.
func unchunked(header http.Header, body []byte) ([]byte, error) {
	if !strings.Contains(header.Get("Content-Encoding"), "aws-chunked") && !strings.HasPrefix(header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return body, nil
	}
	var whole bytes.Buffer
	for r := bufio.NewReader(bytes.NewReader(body)); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, errors.New("a piece has no size")
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil || n < 0 {
			return nil, errors.New("a piece has no size")
		}
		if n == 0 {
			return whole.Bytes(), nil
		}
		if _, err := io.CopyN(&whole, r, n); err != nil {
			return nil, errors.New("a piece is too short")
		}
		if _, err := r.ReadString('\n'); err != nil {
			return nil, errors.New("a piece has no end")
		}
	}
}
