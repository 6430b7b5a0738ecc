package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/go-sql-driver/mysql"

	"qabot/provisioner/compute"
	"qabot/provisioner/keyspace"
	"qabot/provisioner/schema"
	"qabot/store"
)

// TestSecretsStayWhereTheyBelong takes an environment through its whole life, failures and trouble included, and then looks
// for each secret, qabot's own and the environment's, in everything that qabot leaves behind: its log, with every word; the
// store's files; what stands in Slack; and what AWS was told, but for the parameters themselves.
func TestSecretsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	s := newStage(t, "secrets")
	secrets := s.locked()
	log := &safeBuffer{}
	s.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	gone := s.behind("MySQL")
	s.begin()
	clone := &workingCopy{dir: filepath.Join(t.TempDir(), "shop"), remote: s.world.Remote}
	push := func(file, text, subject string) {
		t.Helper()
		if err := clone.write("qa/hello", file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := clone.commit("ben", "qa/hello", subject); err != nil {
			t.Fatal(err)
		}
		s.until(subject)
		s.settled()
	}
	s.say("ana", "/qa up qa/hello")
	s.settled()
	for what, secret := range s.kept("qa/hello") {
		secrets[what] = secret
	}
	push("migrations/009_wrong.sql", "SELECT * FROM nowhere;\n", "A wrong migration")
	push("migrations/009_wrong.sql", "SELECT 1;\n", "A right migration")
	push("templates/layout.html", "{{ broken", "A page that cannot be shown")
	for _, words := range []string{"status qa/hello", "list", "history qa/hello"} {
		s.say("ana", "/qa "+words)
		s.settled()
	}
	gone.Break()
	s.say("ana", "/qa down qa/hello")
	s.until("has to wait. No answer from MySQL")
	gone.Mend()
	s.settled()
	s.nothingLeft("qa/hello")
	s.stop()

	places := s.leftBehind()
	places["log"] = log.String()
	for place, text := range places {
		if len(text) < 1000 {
			t.Errorf("%s has only %d bytes: the test looks at nothing", place, len(text))
		}
		for what, secret := range secrets {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s shows the %s: …%s…", place, what, text[max(0, i-300):min(len(text), i+100)])
			}
		}
	}
}

// locked gives qabot accounts with passwords on both servers, and gives all secrets that it is started with.
func (s *stage) locked() map[string]string {
	s.t.Helper()
	const user = "qabot_locked"
	mine, shared := "my"+hush, "re"+hush
	db := s.mysql()
	for _, statement := range []string{
		"DROP USER IF EXISTS " + user, "CREATE USER " + user + " IDENTIFIED BY '" + mine + "'", "GRANT ALL PRIVILEGES ON *.* TO " + user + " WITH GRANT OPTION",
	} {
		if _, err := db.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatal(err)
		}
	}
	dsn, err := mysql.ParseDSN(s.world.Secrets.MySQL)
	if err != nil {
		s.t.Fatal(err)
	}
	dsn.User, dsn.Passwd = user, mine
	s.world.Secrets.MySQL = dsn.FormatDSN()
	if err := s.redis().Do(s.t.Context(), "ACL", "SETUSER", user, "reset", "on", ">"+shared, "~*", "&*", "+@all").Err(); err != nil {
		s.t.Fatal(err)
	}
	u, err := url.Parse(s.world.Secrets.Redis)
	if err != nil {
		s.t.Fatal(err)
	}
	u.User = url.UserPassword(user, shared)
	s.world.Secrets.Redis = u.String()
	return map[string]string{
		"MySQL password": mine, "Redis password": shared, "bot token": s.world.Secrets.SlackBotToken, "app token": s.world.Secrets.SlackAppToken,
		"GitHub token": s.world.Secrets.GitHubToken, "webhook secret": s.world.Secrets.WebhookSecret,
	}
}

// kept gives what the environment's parameters hold, whole and the passwords by themselves.
func (s *stage) kept(branch string) map[string]string {
	s.t.Helper()
	config, err := compute.Config(s.t.Context(), s.world.Config.AWS.Region, s.world.Config.AWS.Endpoint)
	if err != nil {
		s.t.Fatal(err)
	}
	clients := compute.NewClients(config)
	vault := compute.NewParameters(clients, s.world.Config.Installation, nil)
	found := map[string]string{}
	for _, name := range []string{schema.Parameter, keyspace.Parameter} {
		ref, decrypted := vault.Ref(s.environment(branch).ID, name), true
		out, err := clients.SSM.GetParameter(s.t.Context(), &ssm.GetParameterInput{Name: &ref, WithDecryption: &decrypted})
		if err != nil {
			s.t.Fatal(err)
		}
		value := *out.Parameter.Value
		u, err := url.Parse(value)
		if err != nil {
			s.t.Fatal(err)
		}
		password, _ := u.User.Password()
		if len(password) < 8 {
			s.t.Fatalf("%s has the password %q", name, password)
		}
		found[name], found["password in "+name] = value, password
	}
	return found
}

// leftBehind reads the store's files, every message, and what AWS was told.
func (s *stage) leftBehind() map[string]string {
	s.t.Helper()
	places := map[string]string{}
	path := strings.TrimPrefix(s.world.Config.Store, "sqlite:")
	for _, tail := range []string{"", "-wal"} {
		if file, err := os.ReadFile(path + tail); err == nil {
			places["store"+tail] = string(file)
		}
	}
	messages, err := json.Marshal(s.world.Slack.Messages("#qa"))
	if err != nil {
		s.t.Fatal(err)
	}
	places["Slack"] = string(messages)
	var told strings.Builder
	for _, c := range s.world.AWS.Calls() {
		if c.Service+"."+c.Action != "ssm.PutParameter" {
			fmt.Fprintln(&told, c.Service, c.Action, string(c.Input), c.UserAgent)
		}
	}
	fmt.Fprintf(&told, "%+v", s.world.AWS.State())
	places["AWS"] = told.String()
	all, err := s.store.List(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	var facts strings.Builder
	for _, env := range all {
		fmt.Fprintf(&facts, "%+v\n", env)
		events, err := s.store.Events(s.t.Context(), env.ID, 1000)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range events {
			fmt.Fprintf(&facts, "%+v\n", e)
			if e.Code == store.EventFailed && len(e.Lines) == 0 {
				s.t.Errorf("%s failed without a log: %+v", e.Kind, e)
			}
		}
	}
	places["journal"] = facts.String()
	return places
}

// safeBuffer may be written to and read by several at a time.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
