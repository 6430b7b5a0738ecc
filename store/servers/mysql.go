package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
)

// MySQL is a private MySQL or MariaDB server. Its account root has all rights and no password.
type MySQL struct {
	Server
	DSN     string // of go-sql-driver/mysql, ending in "/": without a database
	Version string // "10.11.6-MariaDB-..." or "8.4.2"
}

// StartMySQL runs a server whose data lies under dir, which must exist; data found there from before is kept. It writes a
// binary log by rows, allows stored functions and LOAD DATA LOCAL, and runs no events. As root it runs as the user mysql,
// to whom dir is given. The error wraps ErrMissing where the program is not installed. ctx bounds the start alone.
func StartMySQL(ctx context.Context, dir string) (*MySQL, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("resolve folder: %w", err)
	}
	program, err := find("mariadbd", "mysqld")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	runAs, err := account()
	if err != nil {
		return nil, err
	}
	if err := install(ctx, program, dir, data, runAs); err != nil {
		return nil, fmt.Errorf("make the data folder of MySQL: %w", runAs.explain(err, dir))
	}
	command := func(port string) *exec.Cmd {
		cmd := exec.Command(program, append(common(dir, data),
			"--port="+port, "--bind-address=127.0.0.1",
			"--socket=m.sock", // beside the data, by a relative name: an absolute one may be too long for a socket
			"--pid-file="+filepath.Join(dir, "m.pid"),
			"--log-bin=binlog", "--binlog-format=ROW", "--server-id=1",
			"--innodb-buffer-pool-size=64M", "--local-infile=1", "--log-bin-trust-function-creators=1",
			"--event-scheduler=OFF", "--character-set-server=utf8mb4", "--secure-file-priv=")...)
		cmd.Dir, cmd.SysProcAttr = data, runAs.attributes()
		return cmd
	}
	m := &MySQL{}
	m.Server, err = start(ctx, filepath.Join(dir, "mysql.log"), command, func(ctx context.Context, addr string, _ int) error {
		m.DSN = "root@tcp(" + addr + ")/"
		version, where, err := askMySQL(ctx, m.DSN)
		if err == nil && !sameFolder(where, data) {
			err = fmt.Errorf("%s is another server's, with its data in %s", addr, where)
		}
		m.Version = version
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start MySQL: %w", runAs.explain(err, dir))
	}
	return m, nil
}

// install fills an empty data folder.
func install(ctx context.Context, program, dir, data string, runAs *owner) error {
	if runAs != nil {
		if err := os.Chown(dir, int(runAs.user), int(runAs.group)); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(data, "mysql")); err == nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, program, append(common(dir, data), "--initialize-insecure")...)
	if installer, err := find("mariadb-install-db", "mysql_install_db"); err == nil {
		cmd = exec.CommandContext(ctx, installer, append(common(dir, data),
			"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")...)
	}
	cmd.Dir, cmd.SysProcAttr = dir, runAs.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s: %w\n%s", cmd.Path, err, out)
	}
	return nil
}

// common are the flags of server and installer.
func common(dir, data string) []string {
	return []string{"--no-defaults", "--datadir=" + data, "--tmpdir=" + dir}
}

// owner is the user that a server runs as instead of root; nil is the user that we are.
type owner struct{ user, group uint32 }

// account is the user mysql when we are root: the server refuses to run as root.
func account() (*owner, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("mysql")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("parse user ID %q: %w", u.Uid, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("parse group ID %q: %w", u.Gid, err)
	}
	return &owner{user: uint32(uid), group: uint32(gid)}, nil
}

// attributes lets the child begin as that user. The server's own flag --user would change it later, and that makes the
// kernel forget that the child is to die with its parent.
func (o *owner) attributes() *syscall.SysProcAttr {
	if o == nil {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: o.user, Gid: o.group}}
}

// explain adds to an error what its reader can do about it.
func (o *owner) explain(err error, dir string) error {
	if o != nil && errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w (as root, the server runs as the user mysql, who must get through to %s)", err, dir)
	}
	return err
}

// askMySQL tells the version of a server and where its data lies.
func askMySQL(ctx context.Context, dsn string) (version, data string, err error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", "", fmt.Errorf("parse DSN: %w", err)
	}
	cfg.Logger = &mysql.NopLogger{} // refused connections are expected while the server starts
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return "", "", fmt.Errorf("open DSN: %w", err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT @@version, @@datadir").Scan(&version, &data)
	return version, data, err
}

func sameFolder(a, b string) bool {
	x, err := os.Stat(strings.TrimSuffix(a, "/"))
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
