package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"qabot/store/servers/servertest"
)

// asProgram tells this test binary to be qabot.
const asProgram = "QABOT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(servertest.Main(m))
}

// qabot runs the program in an empty folder with no secret in its environment.
func qabot(t *testing.T, env []string, args ...string) (code int, out, errors string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{asProgram + "=1", "PATH=" + os.Getenv("PATH")}, env...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says []string // on standard output when code is 0, else on standard error
	}{
		{"", 0, []string{"Usage: qabot <command>", "serve", "audit", "version", "help"}},
		{"help", 0, []string{"Usage: qabot <command>", "serve"}},
		{"--help", 0, []string{"Usage: qabot <command>"}},
		{"help serve", 0, []string{"Usage: qabot serve", "--config", "QABOT_MYSQL_DSN", "QABOT_GITHUB_WEBHOOK_SECRET"}},
		{"serve --help", 0, []string{"Usage: qabot serve", "QABOT_MYSQL_DSN"}},
		{"help init", 0, []string{"Usage: qabot init", "--from-service", "--cluster"}},
		{"init", 1, []string{"qabot: ", "from-service"}},
		{"help doctor", 0, []string{"Usage: qabot doctor", "--json", "SKIP"}},
		{"version", 0, []string{"qabot "}},
		{"help plan", 0, []string{"Usage: qabot plan <app> <branch>", "nothing is made", "QABOT_MYSQL_DSN"}},
		{"plan shop", 1, []string{"qabot: ", "<branch>"}},
		{"plan shop qa/x --config nowhere.yaml", 1, []string{"qabot: read the configuration", "nowhere.yaml"}},
		{"srve", 1, []string{"qabot: ", "srve"}},
		{"serve now", 1, []string{"qabot: ", "now"}},
		{"help nonsense", 1, []string{"qabot: ", "nonsense"}},
		{"serve --text x:1", 1, []string{"qabot: QABOT_CONFIG_TEXT has ", "fault(s)"}},
		{"serve --config nowhere.yaml", 1, []string{"qabot: read the configuration", "nowhere.yaml", "no such file"}},
	} {
		code, out, errors := qabot(t, nil, strings.Fields(c.args)...)
		said, silent := out, errors
		if c.code != 0 {
			said, silent = errors, out
		}
		if code != c.code || silent != "" {
			t.Errorf("qabot %s: exit code %d, want %d; and beside it %q", c.args, code, c.code, silent)
		}
		for _, want := range c.says {
			if !strings.Contains(said, want) {
				t.Errorf("qabot %s says\n%s\nwithout %q", c.args, said, want)
			}
		}
		if strings.Contains(out+errors, "goroutine ") {
			t.Errorf("qabot %s shows a stack trace", c.args)
		}
	}
}

const wrong = `installation: Acme
github:
  webhook: {listen: ":8080"}
pace: {look: soon}
apps:
  - name: shop
    repository: shop
`

func TestServeNamesEveryFault(t *testing.T) {
	file := filepath.Join(t.TempDir(), "qabot.yaml")
	if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errors := qabot(t, nil, "serve", "--config", file)
	if code != 1 || out != "" {
		t.Errorf("exit code %d, and %q on standard output", code, out)
	}
	for _, want := range []string{"qabot.yaml has ", "line 1: installation: ", "line 4: pace.look: soon is not a duration", "line 7: apps[0].repository: ", "line 6: apps[0].cluster: is missing"} {
		if !strings.Contains(errors, want) {
			t.Errorf("it says\n%s\nwithout %q", errors, want)
		}
	}
}

func TestServeNamesEverySecret(t *testing.T) {
	file, err := filepath.Abs("../../manifests/qabot.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const known = "xoxb-hushhush"
	code, _, errors := qabot(t, []string{"QABOT_SLACK_BOT_TOKEN=" + known, "QABOT_GITHUB_WEBHOOK_SECRET=  ", "QABOT_CONFIG=" + file}, "serve")
	for _, want := range []string{
		"QABOT_SLACK_APP_TOKEN: is not set", "QABOT_GITHUB_TOKEN: is not set", "QABOT_MYSQL_DSN: is not set", "QABOT_REDIS_URL: is not set",
		"QABOT_GITHUB_WEBHOOK_SECRET: is not set, but github.webhook.listen is: without a secret anybody could deploy",
	} {
		if !strings.Contains(errors, want) {
			t.Errorf("it says\n%s\nwithout %q", errors, want)
		}
	}
	if code != 1 || strings.Contains(errors, known) || strings.Contains(errors, "QABOT_STORE_DSN") {
		t.Errorf("exit code %d:\n%s", code, errors)
	}
}
