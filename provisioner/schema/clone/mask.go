package clone

import (
	"fmt"
	"slices"
	"strings"
)

// Mask says what becomes of one column of every row: the copy never holds what the source has there.
type Mask struct {
	Table, Column string
	As            string // one of Masks
	Value         string // with MaskFixed
}

// What a Mask makes of a value. NULL stays NULL.
const (
	MaskNull  = "null"  // nothing
	MaskHash  = "hash"  // a digest, the same for the same value within one copy, and for no other
	MaskEmail = "email" // an address that nobody has, unique as the digest is
	MaskFixed = "fixed" // always the same
	MaskKeep  = "keep"  // what it is: somebody has looked, and it may be seen
)

// Masks are all of them.
func Masks() []string { return []string{MaskNull, MaskHash, MaskEmail, MaskFixed, MaskKeep} }

const (
	mailbox     = "user-"
	domain      = "@example.invalid" // a name that is never anybody's
	digestLeast = 12                 // hexadecimal digits below which digests may meet
	digestMail  = 24
)

// texts are the types that can hold a digest.
func texts() []string {
	return []string{"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}
}

// mask puts the rules' expressions in the place of columns. A rule without its column stops everything: what it should hide may
// be called otherwise by now.
func (r *run) mask(at map[string]*table) error {
	for _, m := range r.Masks {
		t := at[m.Table]
		if t == nil {
			return &Unfit{What: m.Table + "." + m.Column, Mask: true, Why: "it is to be masked, and there is no such table"}
		}
		i := slices.IndexFunc(t.columns, func(c column) bool { return strings.EqualFold(c.name, m.Column) })
		if i < 0 {
			return &Unfit{What: m.Table + "." + m.Column, Mask: true, Why: "it is to be masked, and there is no such column to fill"}
		}
		value, why := m.expression(t.columns[i], r.salt)
		if why != "" {
			return &Unfit{What: m.Table + "." + m.Column, Mask: true, Why: why}
		}
		t.columns[i].value = value
	}
	return nil
}

// expression fills the column, or why tells why it cannot.
func (m Mask) expression(c column, salt string) (value, why string) {
	name := Quote(c.name)
	digest := func(n int) string {
		return fmt.Sprintf("LEFT(SHA2(CONCAT(%s, %s), 256), %d)", literal(salt), name, n)
	}
	switch m.As {
	case MaskNull:
		if !c.nullable {
			return "", "it cannot be null"
		}
		return "NULL", ""
	case MaskKeep:
		return name, ""
	case MaskFixed:
		return fmt.Sprintf("IF(%s IS NULL, NULL, %s)", name, literal(m.Value)), ""
	}
	if !slices.Contains(texts(), c.kind) {
		return "", "a " + c.kind + " cannot hold a digest"
	}
	switch room := c.length; m.As {
	case MaskHash:
		if room < digestLeast {
			return "", fmt.Sprintf("%d characters are too few for a digest", room)
		}
		return digest(min(room, 64)), ""
	case MaskEmail:
		room = min(room-len(mailbox)-len(domain), digestMail)
		if room < digestLeast {
			return "", fmt.Sprintf("%d characters are too few for an address", c.length)
		}
		return fmt.Sprintf("CONCAT('%s', %s, '%s')", mailbox, digest(room), domain), ""
	}
	return "", fmt.Sprintf("there is no mask %q", m.As)
}
