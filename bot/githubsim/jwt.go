package githubsim

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What GitHub says about the times in an App's JSON web token.
const (
	issuedWrong  = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	expiredWrong = "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
	expiresLate  = "'Expiration time' claim ('exp') is too far in the future"
)

const (
	longestJWT = 10 * time.Minute // an App's token may live that long
	clockSkew  = time.Minute      // and be issued that far in the future
)

// verify checks a JSON web token of the App.
func (a *App) verify(token string, now time.Time) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errNoJWT()
	}
	var header struct{ Alg string }
	var claims struct {
		Iss json.RawMessage
		Iat *float64
		Exp *float64
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || decodePart(parts[0], &header) != nil || decodePart(parts[1], &claims) != nil || header.Alg != "RS256" {
		return errNoJWT()
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(a.Key, crypto.SHA256, sum[:], signature) != nil {
		return errNoJWT()
	}
	if strings.Trim(string(claims.Iss), `"`) != fmt.Sprint(a.ID) {
		return refuse(http.StatusNotFound, "Integration not found")
	}
	refusal := ""
	switch {
	case claims.Iat == nil || at(*claims.Iat).After(now.Add(clockSkew)):
		refusal = issuedWrong
	case claims.Exp == nil || !at(*claims.Exp).After(now):
		refusal = expiredWrong
	case at(*claims.Exp).After(now.Add(longestJWT)):
		refusal = expiresLate
	}
	if refusal != "" {
		return refuse(http.StatusUnauthorized, refusal)
	}
	return nil
}

func at(seconds float64) time.Time { return time.Unix(int64(seconds), 0) }

func decodePart(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
