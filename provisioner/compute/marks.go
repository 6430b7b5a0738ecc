package compute

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"qabot/store"
)

// The tags that make a thing ours.
const (
	tagEnvironment  = "qabot:environment"
	tagInstallation = "qabot:installation"
	tagApp          = "qabot:app"
	tagBranch       = "qabot:branch"

	tagHash   = "qabot:hash"   // of a task definition: what it was made from
	tagCommit = "qabot:commit" // of a task definition
)

// marks gives the tags of everything that the environment has.
func (a App) marks(env store.Environment) map[string]string {
	return map[string]string{
		tagEnvironment: string(env.ID), tagInstallation: a.Installation, tagApp: a.Name, tagBranch: tagValue(env.Spec.Branch),
	}
}

// owns tells whether tags say that a thing is the environment's and this installation's.
func (a App) owns(id store.ID, tags map[string]string) bool {
	return tags[tagEnvironment] == string(id) && tags[tagInstallation] == a.Installation
}

// tagValue makes any text a legal value of a tag.
func tagValue(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" +-=._:/@", r) {
			return r
		}
		return '_'
	}, s)
	if runes := []rune(s); len(runes) > 256 {
		s = string(runes[:256])
	}
	return s
}

func ecsTags(tags map[string]string) (list []ecstypes.Tag) {
	for k, v := range sorted(tags) {
		list = append(list, ecstypes.Tag{Key: &k, Value: &v})
	}
	return list
}

func fromECS(list []ecstypes.Tag) map[string]string {
	tags := map[string]string{}
	for _, t := range list {
		tags[deref(t.Key)] = deref(t.Value)
	}
	return tags
}

func elbTags(tags map[string]string) (list []elbtypes.Tag) {
	for k, v := range sorted(tags) {
		list = append(list, elbtypes.Tag{Key: &k, Value: &v})
	}
	return list
}

// digest is a short name for what it is given, the same each time.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
