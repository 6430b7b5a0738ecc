package compute

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"qabot/store"
)

// Depot keeps save points as objects of an S3 bucket, below <prefix>/<installation>/<app>. The bucket says how they are encrypted, and when
// what was cut off in the middle of an upload goes.
type Depot struct {
	clients      *Clients
	bucket       string
	prefix       string
	installation string
}

// NewDepot makes the depot of one installation.
func NewDepot(clients *Clients, bucket, prefix, installation string) *Depot {
	return &Depot{clients: clients, bucket: bucket, prefix: prefix, installation: installation}
}

// Names of an object's metadata: they make it ours.
const (
	metaInstallation = "qabot-installation"
	metaSave         = "qabot-save"
)

// stretch is how much is read or written at a time: each is a call of its own, with a deadline of its own. 10,000 of them, which is all that an
// object may have, are 80 GB.
const stretch = 8 << 20

// key has the save's ID in it, since a name may hold what a key should not.
func (d *Depot) key(app, name string) *string {
	return new(path.Join(d.prefix, d.installation, app, string(store.NewID(d.installation, app+"/save", name))+".qabot.gz"))
}

// Where is the bucket.
func (d *Depot) Where() string { return "s3://" + d.bucket }

// counted counts what is read.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// Keep uploads what it reads. The object is there once all of it was.
func (d *Depot) Keep(ctx context.Context, c *store.Claim, w store.SaveWish, from io.Reader) (size int64, err error) {
	read := &counted{Reader: from}
	uploads := transfermanager.New(d.clients.S3, func(o *transfermanager.Options) {
		// Without a FailTimeout what was begun is given up under the same claim.
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency = stretch, stretch, 2
	})
	_, err = uploads.UploadObject(store.WithClaim(ctx, c), &transfermanager.UploadObjectInput{Bucket: &d.bucket, Key: d.key(w.App, w.Name), Body: read,
		Metadata: map[string]string{metaInstallation: d.installation, metaSave: w.Key()}})
	if err != nil {
		return 0, fault(fmt.Errorf("upload %s: %w", w.Key(), err))
	}
	return read.n, nil
}

// look asks for an object; nil: there is none.
func (d *Depot) look(ctx context.Context, app, name string) (*s3.HeadObjectOutput, error) {
	out, err := d.clients.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &d.bucket, Key: d.key(app, name)})
	if coded(err, "NotFound", "NoSuchKey") {
		return nil, nil
	}
	if err != nil {
		return nil, fault(fmt.Errorf("look for %s/%s: %w", app, name, err))
	}
	return out, nil
}

func (d *Depot) owns(out *s3.HeadObjectOutput, app, name string) bool {
	return out.Metadata[metaInstallation] == d.installation && out.Metadata[metaSave] == store.SaveWish{App: app, Name: name}.Key()
}

// There tells whether there is an object of the save, and it is ours.
func (d *Depot) There(ctx context.Context, app, name string) (bool, error) {
	out, err := d.look(ctx, app, name)
	return out != nil && d.owns(out, app, name), err
}

// Open reads the object in stretches, as somebody reads on; fs.ErrNotExist where there is none of ours.
func (d *Depot) Open(ctx context.Context, app, name string) (io.ReadCloser, error) {
	out, err := d.look(ctx, app, name)
	if err != nil {
		return nil, err
	}
	if out == nil || !d.owns(out, app, name) {
		return nil, fmt.Errorf("open %s/%s: %w", app, name, fs.ErrNotExist)
	}
	return &stretches{ctx: ctx, depot: d, key: d.key(app, name), tag: out.ETag, size: deref(out.ContentLength)}, nil
}

// Drop deletes the object. One that does not bear our metadata is a Problem.
func (d *Depot) Drop(ctx context.Context, c *store.Claim, app, name string) error {
	out, err := d.look(ctx, app, name)
	if out == nil || err != nil {
		return err
	}
	if !d.owns(out, app, name) {
		return store.NewProblem(errors.New("it does not bear our metadata"), store.Foreign, "object", d.Where()+"/"+*d.key(app, name))
	}
	if _, err := d.clients.S3.DeleteObject(store.WithClaim(ctx, c), &s3.DeleteObjectInput{Bucket: &d.bucket, Key: d.key(app, name)}); err != nil {
		return fault(fmt.Errorf("delete %s/%s: %w", app, name, err))
	}
	return nil
}

// stretches reads an object one stretch after the other. It is the same object from its beginning to its end.
type stretches struct {
	ctx   context.Context // of whoever opened it
	depot *Depot
	key   *string
	tag   *string
	size  int64
	at    int64
	ready bytes.Reader
}

func (s *stretches) Read(p []byte) (int, error) {
	if s.ready.Len() == 0 {
		if s.at >= s.size {
			return 0, io.EOF
		}
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	return s.ready.Read(p)
}

// patience with the body of one stretch: the deadline of the call itself ends with its header.
const bodyTime = 30 * time.Second

func (s *stretches) next() error {
	ctx, cancel := context.WithTimeout(s.ctx, bodyTime)
	defer cancel()
	last := min(s.at+stretch, s.size) - 1
	out, err := s.depot.clients.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.depot.bucket, Key: s.key, IfMatch: s.tag, Range: new(fmt.Sprintf("bytes=%d-%d", s.at, last))})
	if err != nil {
		return fault(fmt.Errorf("get %s: %w", *s.key, err))
	}
	defer out.Body.Close()
	text, err := io.ReadAll(io.LimitReader(out.Body, stretch))
	if err != nil {
		return fault(fmt.Errorf("get %s: %w", *s.key, err))
	}
	if int64(len(text)) != last-s.at+1 {
		return fmt.Errorf("get %s: %w", *s.key, io.ErrUnexpectedEOF)
	}
	s.at += int64(len(text))
	s.ready.Reset(text)
	return nil
}

// Close ends the reading.
func (s *stretches) Close() error { return nil }

// ExamineDepot looks whether save points can be kept in the bucket.
func ExamineDepot(ctx context.Context, clients *Clients, bucket, region string) store.Finding {
	what := "bucket " + bucket
	out, err := clients.S3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	switch at := ""; {
	case coded(err, "NotFound", "NoSuchBucket"):
		return bad(what, "it is not there", "database.save_bucket; save_bucket of manifests/terraform makes one")
	case err != nil:
		return trouble(what, err, "database.save_bucket: a bucket in this account and Region")
	default:
		if at = deref(out.BucketRegion); at != "" && at != region {
			return bad(what, "it lies in "+at+", and qabot works in "+region, "database.save_bucket: a bucket in "+region)
		}
	}
	return good(what, "save points are kept there")
}
