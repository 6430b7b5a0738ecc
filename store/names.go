package store

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// maxID is the longest an ID gets, in bytes: target group names of 32 hold it, a hyphen and a role of 7.
const maxID = 24

const hashLength = 7 // base32 characters: 35 bits, so 1,000 environments meet by chance once in 70,000 installations

var hashAlphabet = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// NewID makes the ID of a branch's environment: as much of the branch as is legal in a DNS label, and always a hash of
// installation, app and branch, so that qa/foo_bar and qa/foo/bar differ. It begins with a letter and is at most 24 bytes long.
func NewID(installation, app, branch string) ID {
	sum := sha256.Sum256([]byte(installation + "\x00" + app + "\x00" + branch))
	hash := hashAlphabet.EncodeToString(sum[:])[:hashLength]
	slug := Slug(branch, maxID-1-hashLength)
	if slug == "" || slug[0] < 'a' {
		slug = strings.TrimRight(("b-" + slug)[:min(len(slug)+2, maxID-1-hashLength)], "-")
	}
	return ID(slug + "-" + hash)
}

// Slug keeps what is legal in a DNS label: lower case letters, digits and single hyphens between them, at most n bytes.
func Slug(s string, n int) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= n {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

// Prefix begins the name of everything that is ours where a thing can bear no tags: schemas, accounts, keys.
const Prefix = "qa_"

// Underscored is the ID as it stands in names where a hyphen needs quoting, behind a Prefix.
func (id ID) Underscored() string { return strings.ReplaceAll(string(id), "-", "_") }
