package awssim

import (
	"maps"
	"slices"
	"time"
)

// tagStore holds the tags of every resource by ARN, and remembers those of deleted ones for the Tagging API.
type tagStore struct {
	live    map[string]map[string]string
	history map[string]*tagHistory
}

// tagHistory is what the Tagging API knows about one ARN.
type tagHistory struct {
	tags    map[string]string // the newest
	shown   map[string]string // what the API shows until the lag has passed; nil: nothing
	since   time.Time         // when tags were set
	deleted time.Time         // zero while it lives
}

func newTagStore() tagStore {
	return tagStore{live: map[string]map[string]string{}, history: map[string]*tagHistory{}}
}

// tag adds tags to a resource.
func (r *Region) tag(arn string, tags map[string]string) {
	if len(tags) == 0 {
		return
	}
	merged := maps.Clone(r.tags.live[arn])
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, tags)
	r.tags.live[arn] = merged
	if env := tags[r.opts.MarkTag]; env != "" {
		r.recorder.environs[env] = true
	}
	h := &tagHistory{tags: merged, since: r.clock.now}
	if old := r.tags.history[arn]; old != nil {
		h.shown = old.seen(r.clock.now, r.opts.Durations)
	}
	r.tags.history[arn] = h
}

// untag forgets the tags of a deleted resource; the Tagging API goes on showing them for a while.
func (r *Region) untag(arn string) {
	delete(r.tags.live, arn)
	if h := r.tags.history[arn]; h != nil && h.deleted.IsZero() {
		h.deleted = r.clock.now
	}
}

// seen are the tags that the Tagging API shows now; nil: it does not list the resource.
func (h *tagHistory) seen(now time.Time, d *Durations) map[string]string {
	switch {
	case !h.deleted.IsZero() && now.After(h.deleted.Add(d.TagLinger)):
		return nil
	case now.Before(h.since.Add(d.TagLag)):
		return h.shown
	}
	return h.tags
}

// value is a tag of a resource, also of one that was deleted.
func (s tagStore) value(arn, key string) string {
	if h := s.history[arn]; h != nil {
		return h.tags[key]
	}
	return ""
}

// tagsAs makes a service's own tag list, sorted by key.
func tagsAs[T any](tags map[string]string, make func(k, v string) T) []T {
	var list []T
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, make(k, tags[k]))
	}
	return list
}

// tagMap is the reverse of tagsAs.
func tagMap[T any](list []T, split func(T) (k, v *string)) map[string]string {
	tags := map[string]string{}
	for _, t := range list {
		k, v := split(t)
		if k != nil {
			tags[*k] = deref(v)
		}
	}
	return tags
}

// deref is a pointer's value, or the zero value for nil.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
