package awssim

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// s3API speaks REST with XML, unlike all others: method, path and query say what is asked for. Buckets are named in the path, or in the host.
var s3API = &api{name: "s3", throttleCode: "SlowDown"}

type store3 struct {
	region  string
	objects map[string]*object
}

type object struct {
	body     []byte
	etag     string
	meta     map[string]string // names in lower case
	kind     string
	modified time.Time
}

type upload struct {
	bucket, key string
	meta        map[string]string
	kind        string
	parts       map[int][]byte
}

// Limits of multipart uploads.
const (
	leastPart = 5 << 20
	mostParts = 10_000
)

// AddBucket makes a bucket. An empty region is this one's.
func (r *Region) AddBucket(name, region string) {
	r.locked(func() {
		if region == "" {
			region = r.opts.Region
		}
		r.storage[name] = &store3{region: region, objects: map[string]*object{}}
	})
}

// Objects are the keys in a bucket, sorted.
func (r *Region) Objects(bucket string) (keys []string) {
	r.locked(func() {
		if b := r.storage[bucket]; b != nil {
			keys = slices.Sorted(maps.Keys(b.objects))
		}
	})
	return keys
}

// Relabel changes an object's metadata from outside.
func (r *Region) Relabel(bucket, key, name, value string) {
	r.locked(func() { r.storage[bucket].objects[key].meta[name] = value })
}

// Uploads counts the multipart uploads that were begun and neither completed nor aborted.
func (r *Region) Uploads() (n int) {
	r.locked(func() { n = len(r.uploads) })
	return n
}

// restCall is what a request asks of S3, as the recorder shows it.
type restCall struct {
	Bucket   string
	Key      string            `json:",omitempty"`
	UploadID string            `json:",omitempty"`
	Part     string            `json:",omitempty"`
	Range    string            `json:",omitempty"`
	Metadata map[string]string `json:",omitempty"`

	header http.Header
	query  url.Values
	body   []byte
}

// parseREST takes the request apart; ok is false for a request that is none of S3's.
func parseREST(method, host string, u *url.URL, header http.Header, body []byte) (action string, c restCall, ok bool) {
	if !signedFor(header.Get("Authorization"), s3API.name) {
		return "", c, false
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if name, _, virtual := strings.Cut(host, ".s3."); virtual {
		bucket, key = name, strings.TrimPrefix(u.Path, "/")
	}
	c = restCall{Bucket: bucket, Key: key, header: header, query: u.Query(), body: body, Range: header.Get("Range")}
	c.UploadID, c.Part = c.query.Get("uploadId"), c.query.Get("partNumber")
	for name := range header {
		if rest, found := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); found {
			if c.Metadata == nil {
				c.Metadata = map[string]string{}
			}
			c.Metadata[rest] = header.Get(name)
		}
	}
	inUpload, begins := c.UploadID != "", c.query.Has("uploads")
	for _, route := range []struct {
		method string
		fits   bool
		action string
	}{
		{"HEAD", key == "", "HeadBucket"}, {"HEAD", true, "HeadObject"},
		{"GET", key == "" && c.query.Get("list-type") == "2", "ListObjectsV2"}, {"GET", key != "" && !inUpload, "GetObject"},
		{"PUT", key != "" && inUpload, "UploadPart"}, {"PUT", key != "", "PutObject"},
		{"POST", key != "" && begins, "CreateMultipartUpload"}, {"POST", key != "" && inUpload, "CompleteMultipartUpload"},
		{"DELETE", key != "" && inUpload, "AbortMultipartUpload"}, {"DELETE", key != "", "DeleteObject"},
	} {
		if route.method == method && route.fits {
			return route.action, c, true
		}
	}
	return method, c, true
}

func (r *Region) restRoutes() map[string]func(restCall) (answer, error) {
	return map[string]func(restCall) (answer, error){
		"HeadBucket": r.headBucket, "HeadObject": r.headObject, "ListObjectsV2": r.listObjects, "GetObject": r.getObject, "PutObject": r.putObject,
		"DeleteObject": r.deleteObject, "CreateMultipartUpload": r.createUpload, "UploadPart": r.uploadPart,
		"CompleteMultipartUpload": r.completeUpload, "AbortMultipartUpload": r.abortUpload,
	}
}

func noSuch(code, what string) error {
	return &apiError{code, "The specified " + what + " does not exist.", http.StatusNotFound}
}

func (r *Region) bucketOf(c restCall) (*store3, error) {
	b := r.storage[c.Bucket]
	switch {
	case b == nil:
		return nil, noSuch("NoSuchBucket", "bucket")
	case b.region != r.opts.Region:
		return nil, &apiError{"PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.", http.StatusMovedPermanently}
	}
	return b, nil
}

func (r *Region) objectOf(c restCall) (*object, error) {
	b, err := r.bucketOf(c)
	if err != nil {
		return nil, err
	}
	o := b.objects[c.Key]
	if o == nil {
		return nil, noSuch("NoSuchKey", "key")
	}
	return o, nil
}

func tagOf(body []byte) string {
	sum := md5.Sum(body)
	return hex.EncodeToString(sum[:])
}

func (r *Region) headBucket(c restCall) (answer, error) {
	b, err := r.bucketOf(c)
	a := answer{status: http.StatusOK, header: http.Header{}}
	if b == nil && r.storage[c.Bucket] != nil {
		b, err = r.storage[c.Bucket], nil // HEAD tells where it is
	}
	if err != nil {
		return a, err
	}
	a.header.Set("x-amz-bucket-region", b.region)
	return a, nil
}

func (o *object) header() http.Header {
	h := http.Header{}
	for name, value := range o.meta {
		h["x-amz-meta-"+name] = []string{value} // in lower case, as clients take the name from it
	}
	h.Set("ETag", `"`+o.etag+`"`)
	h.Set("Content-Type", o.kind)
	h.Set("Accept-Ranges", "bytes")
	h.Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	return h
}

func (r *Region) headObject(c restCall) (answer, error) {
	o, err := r.objectOf(c)
	if err != nil {
		return answer{}, err
	}
	h := o.header()
	h.Set("Content-Length", strconv.Itoa(len(o.body)))
	return answer{status: http.StatusOK, header: h}, nil
}

func (r *Region) getObject(c restCall) (answer, error) {
	o, err := r.objectOf(c)
	if err != nil {
		return answer{}, err
	}
	if want := strings.Trim(c.header.Get("If-Match"), `"`); want != "" && want != o.etag {
		return answer{}, &apiError{"PreconditionFailed", "At least one of the pre-conditions you specified did not hold", http.StatusPreconditionFailed}
	}
	h, body, status := o.header(), o.body, http.StatusOK
	if c.Range != "" {
		var first, last int
		if n, err := fmt.Sscanf(c.Range, "bytes=%d-%d", &first, &last); n < 1 || err != nil && n != 1 || first >= len(body) {
			return answer{}, &apiError{"InvalidRange", "The requested range is not satisfiable", http.StatusRequestedRangeNotSatisfiable}
		} else if n == 1 {
			last = len(body) - 1
		}
		last = min(last, len(body)-1)
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(body)))
		body, status = body[first:last+1], http.StatusPartialContent
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return answer{status, h, body}, nil
}

func (r *Region) putObject(c restCall) (answer, error) {
	b, err := r.bucketOf(c)
	if err != nil {
		return answer{}, err
	}
	o := &object{body: c.body, etag: tagOf(c.body), meta: c.Metadata, kind: c.header.Get("Content-Type"), modified: r.clock.now}
	b.objects[c.Key] = o
	return answer{status: http.StatusOK, header: http.Header{"Etag": {`"` + o.etag + `"`}}}, nil
}

func (r *Region) deleteObject(c restCall) (answer, error) {
	b, err := r.bucketOf(c)
	if err != nil {
		return answer{}, err
	}
	delete(b.objects, c.Key)
	return answer{status: http.StatusNoContent, header: http.Header{}}, nil
}

func (r *Region) createUpload(c restCall) (answer, error) {
	if _, err := r.bucketOf(c); err != nil {
		return answer{}, err
	}
	id := r.newID(32)
	r.uploads[id] = &upload{bucket: c.Bucket, key: c.Key, meta: c.Metadata, kind: c.header.Get("Content-Type"), parts: map[int][]byte{}}
	return xmlAnswer(struct {
		XMLName               xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket, Key, UploadId string
	}{Bucket: c.Bucket, Key: c.Key, UploadId: id})
}

func (r *Region) uploadOf(c restCall) (*upload, error) {
	u := r.uploads[c.UploadID]
	if u == nil || u.bucket != c.Bucket || u.key != c.Key {
		return nil, noSuch("NoSuchUpload", "upload")
	}
	return u, nil
}

func (r *Region) uploadPart(c restCall) (answer, error) {
	u, err := r.uploadOf(c)
	if err != nil {
		return answer{}, err
	}
	n, err := strconv.Atoi(c.Part)
	if err != nil || n < 1 || n > mostParts {
		return answer{}, fail("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	u.parts[n] = c.body
	return answer{status: http.StatusOK, header: http.Header{"Etag": {`"` + tagOf(c.body) + `"`}}}, nil
}

func (r *Region) completeUpload(c restCall) (answer, error) {
	u, err := r.uploadOf(c)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.Unmarshal(c.body, &in); err != nil || len(in.Part) == 0 {
		return answer{}, fail("MalformedXML", "The XML you provided was not well-formed")
	}
	var body, tags []byte
	for i, p := range in.Part {
		part, there := u.parts[p.PartNumber]
		switch {
		case !there || strings.Trim(p.ETag, `"`) != tagOf(part):
			return answer{}, fail("InvalidPart", "One or more of the specified parts could not be found.")
		case i > 0 && p.PartNumber <= in.Part[i-1].PartNumber:
			return answer{}, fail("InvalidPartOrder", "The list of parts was not in ascending order.")
		case i < len(in.Part)-1 && len(part) < leastPart:
			return answer{}, fail("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		sum := md5.Sum(part)
		body, tags = append(body, part...), append(tags, sum[:]...)
	}
	o := &object{body: body, etag: fmt.Sprintf("%s-%d", tagOf(tags), len(in.Part)), meta: u.meta, kind: u.kind, modified: r.clock.now}
	r.storage[u.bucket].objects[u.key] = o
	delete(r.uploads, c.UploadID)
	return xmlAnswer(struct {
		XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
	}{Bucket: c.Bucket, Key: c.Key, ETag: `"` + o.etag + `"`})
}

func (r *Region) abortUpload(c restCall) (answer, error) {
	if _, err := r.uploadOf(c); err != nil {
		return answer{}, err
	}
	delete(r.uploads, c.UploadID)
	return answer{status: http.StatusNoContent, header: http.Header{}}, nil
}

func (r *Region) listObjects(c restCall) (answer, error) {
	b, err := r.bucketOf(c)
	if err != nil {
		return answer{}, err
	}
	type content struct {
		Key, ETag, LastModified, StorageClass string
		Size                                  int
	}
	out := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name, Prefix          string
		KeyCount, MaxKeys     int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
	}{Name: c.Bucket, Prefix: c.query.Get("prefix"), MaxKeys: 1000}
	if n, err := strconv.Atoi(c.query.Get("max-keys")); err == nil && n > 0 {
		out.MaxKeys = min(n, out.MaxKeys)
	}
	after := max(c.query.Get("continuation-token"), c.query.Get("start-after"))
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if !strings.HasPrefix(key, out.Prefix) || key <= after {
			continue
		}
		if out.KeyCount == out.MaxKeys {
			out.IsTruncated, out.NextContinuationToken = true, out.Contents[len(out.Contents)-1].Key
			break
		}
		o := b.objects[key]
		out.Contents = append(out.Contents, content{Key: key, ETag: `"` + o.etag + `"`, LastModified: o.modified.UTC().Format(time.RFC3339), StorageClass: "STANDARD", Size: len(o.body)})
		out.KeyCount++
	}
	return xmlAnswer(out)
}

func xmlAnswer(v any) (answer, error) {
	text, err := xml.Marshal(v)
	return answer{http.StatusOK, http.Header{"Content-Type": {"application/xml"}}, append([]byte(xml.Header), text...)}, err
}
