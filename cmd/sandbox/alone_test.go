package main

import (
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestSlackAlone(t *testing.T) {
	t.Parallel()
	p := run(t, "slack", "--listen", "127.0.0.1:0")
	told := regexp.MustCompile(`(http://\S+/api/).*(xoxb-\S+?)[,)]`).FindStringSubmatch(p.line())
	if told == nil {
		t.Fatal("it does not tell the address of the Web API and the bot's token")
	}
	text, err := answer(client.PostForm(told[1]+"auth.test", url.Values{"token": {told[2]}}))
	if err != nil || !strings.Contains(text, `"ok":true`) || !strings.Contains(text, `"team":"Acme"`) {
		t.Errorf("auth.test: %s, %v", text, err)
	}
	p.end(syscall.SIGTERM)
}

func TestAWSAlone(t *testing.T) {
	t.Parallel()
	p := run(t, "aws", "--listen", "127.0.0.1:0")
	endpoint := regexp.MustCompile(`http://\S+?:\d+`).FindString(p.line())
	client := sts.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	})
	who, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || aws.ToString(who.Account) != "123456789012" {
		t.Errorf("caller identity: %+v, %v", who, err)
	}
	p.end(syscall.SIGTERM)
}

func TestTakenAddressIsSaid(t *testing.T) {
	t.Parallel()
	first := run(t, "aws", "--listen", "127.0.0.1:0")
	taken := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(first.line())
	second := run(t, "slack", "--listen", taken)
	if code := second.exit(); code != 1 || !strings.Contains(second.log(), syscall.EADDRINUSE.Error()) {
		t.Errorf("exit code %d:\n%s", code, second.log())
	}
}
