package keyspace

import (
	"testing"
	"time"
)

// A page grows and shrinks to what the server does in half a millisecond, however far away it is.
func TestPagesFitTheServersSpeed(t *testing.T) {
	for name, test := range map[string]struct {
		perKey, trip time.Duration
		least, most  int64
	}{
		"fast":           {800 * time.Nanosecond, 50 * time.Microsecond, 500, 750},
		"fast, far away": {800 * time.Nanosecond, 5 * time.Millisecond, 500, 750},
		"busy":           {3 * time.Microsecond, 50 * time.Microsecond, 130, 200},
		"hardly moving":  {100 * time.Microsecond, 50 * time.Microsecond, leastPage, leastPage},
		"idle":           {time.Nanosecond, 0, topPage, topPage},
	} {
		p := pace{page: page, trip: test.trip}
		for range 50 {
			p.took(test.trip + time.Duration(p.page)*test.perKey)
		}
		if p.page < test.least || p.page > test.most {
			t.Errorf("%s: %d keys a page, want %d to %d", name, p.page, test.least, test.most)
		}
	}
	p := pace{page: page}
	if p.took(time.Second); p.page < page*3/4 {
		t.Errorf("one late answer makes pages of %d", p.page)
	}
}
