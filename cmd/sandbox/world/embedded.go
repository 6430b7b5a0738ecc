package world

import (
	"net"

	"github.com/alicebob/miniredis/v2"
	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	"github.com/sirupsen/logrus"
)

// embeddedMySQL runs a MySQL in this process, in memory, with accounts. Its administrator is root without a password.
func embeddedMySQL() (dsn string, stop func(), err error) {
	logrus.SetLevel(logrus.PanicLevel) // the library's own log is of no interest to a person at the demo
	provider := memory.NewDBProvider()
	engine := sqle.NewDefault(provider)
	accounts := engine.Analyzer.Catalog.MySQLDb
	// Without a persister every CREATE USER ends its own connection.
	accounts.SetPersister(&mysql_db.NoopPersister{})
	edit := accounts.Editor()
	accounts.AddSuperUser(edit, "root", "%", "")
	edit.Close()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s, err := server.NewServerWithHandler(server.Config{Protocol: "tcp", Address: l.Addr().String(), Listener: l},
		engine, sql.NewContext, memory.NewSessionBuilder(provider), nil, oneByOne)
	if err != nil {
		l.Close()
		return "", nil, err
	}
	go s.Start()
	return "root@tcp(" + l.Addr().String() + ")/", func() { s.Close() }, nil
}

// embeddedRedis runs a Redis in this process.
func embeddedRedis() (url string, stop func(), err error) {
	r, err := miniredis.Run()
	if err != nil {
		return "", nil, err
	}
	return "redis://" + r.Addr(), r.Close, nil
}
