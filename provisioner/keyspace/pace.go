package keyspace

import (
	"context"
	"fmt"
	"time"
)

const (
	// page is how many keys the server walks at a time where nothing is known of its speed.
	page = 300
	// A walk asks for as many as the server does in about stretch. Ten times more is hardly faster, since walking is the work
	// and not asking; but meanwhile all others wait.
	stretch            = 500 * time.Microsecond
	leastPage, topPage = 100, 1000
)

// pace is how fast a walk goes: each page's time tells the size of the next.
type pace struct {
	page int64
	trip time.Duration // what an answer takes that costs the server nothing
}

// newPace finds out how far away the server is.
func (s *Server) newPace(ctx context.Context) (pace, error) {
	p := pace{page: page, trip: time.Hour}
	for range 3 {
		began := time.Now()
		if err := s.client.Ping(ctx).Err(); err != nil {
			return p, fmt.Errorf("ping: %w", err)
		}
		p.trip = min(p.trip, time.Since(began))
	}
	return p, nil
}

// took is told how long a page took. One that was late for reasons of its own makes the next a little smaller, no more.
func (p *pace) took(d time.Duration) {
	switch work := d - p.trip; {
	case work < stretch*4/5:
		p.page = min(p.page+p.page/5, topPage)
	case work > stretch*6/5:
		p.page = max(p.page-p.page/5, leastPage)
	}
}
