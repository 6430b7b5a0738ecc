package githubsim

import (
	"crypto/rand"
	"crypto/rsa"
	"testing"
)

func fuzzKey(f *testing.F) *rsa.PublicKey {
	f.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	return &key.PublicKey
}
