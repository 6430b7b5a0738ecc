package app

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"qabot/bot"
)

// ReadSecrets takes the secrets from the environment and reports every one that this configuration needs and that is not
// there, and every one that cannot be used.
func ReadSecrets(c *Config) (Secrets, error) { return readSecrets(c, os.Getenv) }

func readSecrets(c *Config, getenv func(string) string) (Secrets, error) {
	var s Secrets
	v := reflect.ValueOf(&s).Elem()
	var faults []Fault
	for i := range v.NumField() {
		name, help := v.Type().Field(i).Tag.Get("env"), v.Type().Field(i).Tag.Get("help")
		v.Field(i).SetString(strings.TrimSpace(getenv(name)))
		if wrong := judgeSecret(c, name, help, v.Field(i).String()); wrong != "" {
			faults = append(faults, Fault{Path: name, Text: wrong})
		}
	}
	if len(faults) > 0 {
		return s, &Faults{File: "the environment", List: faults}
	}
	return s, nil
}

// judgeSecret says what is wrong with one secret; it never shows it.
func judgeSecret(c *Config, name, help, value string) string {
	missing := value == ""
	app := c.GitHub.App.ID != 0
	switch name {
	case "QABOT_REDIS_URL":
		missing = missing && !c.Redis.own()
	case "QABOT_STORE_DSN":
		missing = missing && c.Store == "mysql"
	case "QABOT_GITHUB_WEBHOOK_SECRET":
		if missing && c.GitHub.events() == bot.EventsWebhook {
			return "is not set, but github.webhook.listen is: without a secret anybody could deploy"
		}
		missing = false
	case "QABOT_GITHUB_TOKEN":
		switch {
		case app && !missing:
			return "is set beside github.app.id: exactly one of a token and a GitHub App is needed"
		case !app && missing:
			return "is not set, and neither is github.app.id: exactly one of a token and a GitHub App is needed"
		}
		missing = false
	case "QABOT_GITHUB_APP_KEY":
		switch {
		case !app && !missing:
			return "is set, but github.app.id is not"
		case app && !missing:
			if _, err := appKey(value); err != nil {
				return err.Error()
			}
		}
		missing = missing && app
	}
	if missing {
		return "is not set (" + help + ")"
	}
	return ""
}

// appKey gives the private key of the GitHub App, in PEM: from the text itself, whose line breaks may be written as \n, or
// from the file of that name. Its errors do not show the text.
func appKey(text string) ([]byte, error) {
	key := []byte(strings.ReplaceAll(text, `\n`, "\n"))
	if !strings.Contains(text, "-----BEGIN") {
		var err error
		if key, err = os.ReadFile(text); err != nil {
			return nil, errors.New("is neither a private key in PEM nor the path of a file that can be read")
		}
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("is no private key in PEM")
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		return nil, fmt.Errorf("is no private key of a GitHub App: a %s", strings.ToLower(block.Type))
	}
	return key, nil
}

// Environ gives the secrets as the environment variables that ReadSecrets reads.
func (s Secrets) Environ() map[string]string {
	env := map[string]string{}
	v := reflect.ValueOf(s)
	for i := range v.NumField() {
		if v.Field(i).Len() > 0 {
			env[v.Type().Field(i).Tag.Get("env")] = v.Field(i).String()
		}
	}
	return env
}
