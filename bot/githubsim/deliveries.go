package githubsim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func (s *Server) getHookConfig(*http.Request, links, *repository) (answer, error) {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	return answer{body: object{
		"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": s.hooks.url,
	}}, nil
}

// cursorMark begins a cursor; the rest is the ID of the page's first attempt.
const cursorMark = "v1_"

// listDeliveries lists the attempts, newest first. What is delivered meanwhile shifts nothing.
func (s *Server) listDeliveries(r *http.Request, l links, _ *repository) (answer, error) {
	query := r.URL.Query()
	from := int64(math.MaxInt64)
	if cursor := query.Get("cursor"); cursor != "" {
		var err error
		if from, err = strconv.ParseInt(strings.TrimPrefix(cursor, cursorMark), 10, 64); err != nil {
			return answer{}, refuse(http.StatusUnprocessableEntity, "Invalid cursor")
		}
	}
	size := pageOf(r).size
	body, link := []object{}, ""
	for _, d := range slices.Backward(s.Deliveries()) {
		if d.ID > from {
			continue
		}
		if len(body) == size {
			next := url.Values{"per_page": {strconv.Itoa(size)}, "cursor": {cursorMark + strconv.FormatInt(d.ID, 10)}}
			link = fmt.Sprintf(`<%s?%s>; rel="next"`, l.api("/app/hook/deliveries"), next.Encode())
			break
		}
		body = append(body, l.delivery(d))
	}
	return answer{body: body, link: link}, nil
}

func (s *Server) deliveryIn(r *http.Request) (Delivery, error) {
	for _, d := range s.Deliveries() {
		if strconv.FormatInt(d.ID, 10) == r.PathValue("delivery") {
			return d, nil
		}
	}
	return Delivery{}, errNotFound()
}

func (s *Server) getDelivery(r *http.Request, l links, _ *repository) (answer, error) {
	d, err := s.deliveryIn(r)
	if err != nil {
		return answer{}, err
	}
	body := l.delivery(d)
	body["url"] = d.url
	body["request"] = object{"headers": flat(d.header), "payload": json.RawMessage(d.Payload)}
	body["response"] = object{"headers": flat(d.replied), "payload": string(d.reply)}
	return answer{body: body}, nil
}

func (s *Server) redeliver(r *http.Request, _ links, _ *repository) (answer, error) {
	d, err := s.deliveryIn(r)
	if err != nil {
		return answer{}, err
	}
	s.hooks.pushAgain(d)
	return answer{status: http.StatusAccepted, body: object{}}, nil
}

func (l links) delivery(d Delivery) object {
	status := "OK"
	switch {
	case d.StatusCode == 0:
		status = cmp.Or(d.Err, "failed to connect to host")
	case d.StatusCode < 200 || d.StatusCode > 299:
		status = "Invalid HTTP Response: " + strconv.Itoa(d.StatusCode)
	}
	return object{
		"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.At.UTC()), "redelivery": d.Redelivery, "throttled_at": nil,
		"duration": math.Round(d.Took.Seconds()*100) / 100, "status": status, "status_code": d.StatusCode, "event": d.Event,
		"action": nilIfEmpty(d.Action), "repository_id": nilIfZero(d.RepositoryID), "installation_id": nilIfZero(d.InstallationID),
	}
}

func nilIfZero(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func flat(h http.Header) map[string]string {
	out := map[string]string{}
	for key := range h {
		out[key] = h.Get(key)
	}
	return out
}
