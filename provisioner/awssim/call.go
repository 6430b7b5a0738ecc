package awssim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// errNoAnswer makes the transport close the connection.
var errNoAnswer = errors.New("the simulated connection was closed before an answer came")

// answer takes one API call from its request to its answer. Its error means that no answer comes.
func (r *Region) answer(ctx context.Context, path string, header http.Header, body []byte) (answer, error) {
	q, err := parseRequest(path, header, body)
	if err != nil {
		return answer{http.StatusNotImplemented, http.Header{"Content-Type": {"text/plain"}}, []byte(err.Error() + "\n")}, nil
	}
	op := r.ops[q.api.name+"."+q.action]
	if op == nil {
		code := "UnknownOperationException"
		if q.api.query() {
			code = "InvalidAction"
		}
		err := fail(code, "the simulated region does not serve %s.%s", q.api.name, q.action)
		return q.encodeError(err, r.record(newCall(q, header, nil), err, false)), nil
	}
	in, err := q.decode(op)
	c := newCall(q, header, in)
	if err != nil {
		return q.encodeError(err, r.record(c, err, false)), nil
	}
	f := r.faultFor(c)
	if f.Kind != NoFault && !f.After {
		return r.goWrong(ctx, q, f, r.record(c, faultError(q.api, f), false))
	}
	a, id := r.take(q, op, in, c)
	if f.Kind != NoFault {
		return r.goWrong(ctx, q, f, id)
	}
	return a, nil
}

// take runs the operation and encodes its outcome under the lock, because outputs share memory with the state.
func (r *Region) take(q request, op *operation, in any, c Call) (a answer, id string) {
	r.locked(func() {
		r.judge(&c, in)
		var out any
		err := r.throttle(q)
		if err == nil {
			out, err = op.call(in)
		}
		id = r.recordLocked(c, err, err == nil)
		if err != nil {
			a = q.encodeError(err, id)
			return
		}
		a = q.encode(out, id)
	})
	return a, id
}

func faultError(a *api, f Fault) error {
	if err := f.asError(a); err != nil {
		return err
	}
	return fmt.Errorf("no answer (%s)", f.Kind)
}

func (r *Region) goWrong(ctx context.Context, q request, f Fault, id string) (answer, error) {
	if err := f.asError(q.api); err != nil {
		return q.encodeError(err, id), nil
	}
	if f.Kind == Hang {
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-r.ctx.Done():
		}
	}
	return answer{}, errNoAnswer
}

func (a answer) response(req *http.Request) *http.Response {
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: req,
	}
}
