package compute

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"

	"qabot/provisioner/awssim"
	"qabot/provisioner/resourcetest"
	"qabot/store"
)

// noise is text that is hard to press together.
func noise(n int) []byte {
	text := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range text {
		text[i] = byte(r.Uint32())
	}
	return text
}

func TestDepotKeepsFiles(t *testing.T) {
	w := newWorld(t)
	w.region.AddBucket("saves", "")
	d := NewDepot(w.clients, "saves", "qa/points", "acme")
	c := resourcetest.Claim(t, w.store, "saver", store.Spec{App: "shop", Branch: "saver"})
	ctx := t.Context()
	there := func() bool {
		t.Helper()
		there, err := d.There(ctx, "shop", "before")
		if err != nil {
			t.Fatal(err)
		}
		return there
	}
	wish := store.SaveWish{App: "shop", Name: "before"}
	if there() {
		t.Error("it is there before it was kept")
	}
	if _, err := d.Open(ctx, "shop", "before"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open: %v, want that it is not there", err)
	}
	for _, text := range [][]byte{{}, {7}, noise(stretch), noise(2*stretch + 1)} {
		size, err := d.Keep(ctx, c, wish, bytes.NewReader(text))
		if err != nil || size != int64(len(text)) || !there() {
			t.Fatalf("%d bytes of %d (%v)", size, len(text), err)
		}
		file, err := d.Open(ctx, "shop", "before")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(file)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes come back, want %d (%v)", len(got), len(text), err)
		}
	}
	if keys := w.region.Objects("saves"); len(keys) != 1 || keys[0] != *d.key("shop", "before") || keys[0][:len("qa/points/acme/shop/")] != "qa/points/acme/shop/" {
		t.Errorf("objects %v", keys)
	}

	// Only as much is read as is needed, and always of the same object.
	w.region.ForgetCalls()
	file, err := d.Open(ctx, "shop", "before")
	if err != nil {
		t.Fatal(err)
	}
	io.CopyN(io.Discard, file, 10)
	if calls := w.region.Calls(); len(calls) != 2 {
		t.Errorf("%d calls for the beginning, want 2", len(calls))
	}
	if _, err := d.Keep(ctx, c, wish, bytes.NewReader(noise(3*stretch))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(file); !coded(err, "PreconditionFailed") {
		t.Errorf("another object is read on: %v", err)
	}

	// One that does not bear our metadata stays, whoever's it is.
	foreign := store.SaveWish{App: "shop", Name: "foreign"}
	if _, err := d.Keep(ctx, c, foreign, bytes.NewReader(nil)); err != nil {
		t.Fatal(err)
	}
	w.region.Relabel("saves", *d.key("shop", "foreign"), "qabot-installation", "somebody")
	var p *store.Problem
	if err := d.Drop(ctx, c, "shop", "foreign"); !errors.As(err, &p) || p.Code != store.Foreign {
		t.Errorf("drop: %v, want that it is foreign", err)
	}
	if ok, err := d.There(ctx, "shop", "foreign"); ok || err != nil {
		t.Errorf("what is foreign counts as there (%v)", err)
	}
	for range 2 {
		if err := d.Drop(ctx, c, "shop", "before"); err != nil {
			t.Fatal(err)
		}
	}
	if keys := w.region.Objects("saves"); len(keys) != 1 || keys[0] != *d.key("shop", "foreign") {
		t.Errorf("objects %v", keys)
	}
}

// What is cut off leaves no object and no parts, and what passes is tried again.
func TestDepotWithFaults(t *testing.T) {
	w := newWorld(t)
	w.region.AddBucket("saves", "")
	d := NewDepot(w.clients, "saves", "qabot", "acme")
	c := resourcetest.Claim(t, w.store, "saver", store.Spec{App: "shop", Branch: "saver"})
	renew := func() { // on a slow machine this takes longer than a claim is trusted
		t.Helper()
		if err := w.store.Renew(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	wish := store.SaveWish{App: "shop", Name: "before"}
	text := noise(2*stretch + 1)
	for _, action := range []string{"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"} {
		renew()
		w.region.FailNext("s3."+action, 1, awssim.Fault{Kind: awssim.ServerError})
		if _, err := d.Keep(t.Context(), c, wish, bytes.NewReader(text)); err != nil {
			t.Errorf("%s failed once: %v", action, err)
		}
		if err := d.Drop(t.Context(), c, "shop", "before"); err != nil {
			t.Fatal(err)
		}
		w.region.FailNext("s3."+action, 1, awssim.Fault{Kind: awssim.Refuse, Code: "AccessDenied", Message: "no"})
		var p *store.Problem
		if _, err := d.Keep(t.Context(), c, wish, bytes.NewReader(text)); !errors.As(err, &p) || p.Code != store.Denied {
			t.Errorf("%s refused: %v", action, err)
		}
	}
	renew()
	broken := io.MultiReader(bytes.NewReader(text), failing{})
	if _, err := d.Keep(t.Context(), c, wish, broken); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("what is read ends with an error: %v", err)
	}
	c.Hook = func() error { return store.ErrFenced }
	if _, err := d.Keep(t.Context(), c, wish, bytes.NewReader(text)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("without a claim: %v", err)
	}
	if _, err := d.Keep(context.Background(), nil, wish, bytes.NewReader(text)); !errors.Is(err, errUnclaimed) {
		t.Errorf("without any claim: %v", err)
	}
	if keys, n := w.region.Objects("saves"), w.region.Uploads(); len(keys) != 0 || n != 0 {
		t.Errorf("objects %v and %d uploads are left", keys, n)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestDoctorLooksAtTheBucket(t *testing.T) {
	w := newWorld(t)
	w.region.AddBucket("saves", "")
	w.region.AddBucket("far", "eu-west-1")
	for bucket, want := range map[string]store.Verdict{"saves": store.Good, "far": store.Bad, "none": store.Bad} {
		if f := ExamineDepot(t.Context(), w.clients, bucket, "us-east-1"); f.Verdict != want || want == store.Bad && f.Fix == "" {
			t.Errorf("%s: %+v", bucket, f)
		}
	}
	if !slices.Contains(w.region.Actions(), "s3.HeadBucket") {
		t.Error("nobody asked")
	}
}
