package schema

import (
	"crypto/rand"
	"net"
	"net/url"

	"qabot/store"
)

// address is where and as whom an environment reaches its schema: its DATABASE_URL.
type address struct {
	scheme, host, params    string
	account, password, name string
}

func (s *Server) address(app string, id store.ID) address {
	return address{scheme: s.o.Scheme, host: s.o.Host, params: s.o.Params, account: Account(id), name: Name(app, id)}
}

// Where is host:port of the server as tasks see it.
func (s *Server) Where() string {
	if _, _, err := net.SplitHostPort(s.o.Host); err != nil {
		return net.JoinHostPort(s.o.Host, usualPort)
	}
	return s.o.Host
}

// usualPort is what an address without one means.
const usualPort = "3306"

func (a address) String() string {
	u := url.URL{Scheme: a.scheme, User: url.UserPassword(a.account, a.password), Host: a.host, Path: "/" + a.name, RawQuery: a.params}
	return u.String()
}

// passwordIn gives the password of a URL that was kept, empty where there is none to be read.
func passwordIn(kept string) string {
	u, err := url.Parse(kept)
	if err != nil {
		return ""
	}
	password, _ := u.User.Password()
	return password
}

// with gives the address with the password of the URL that was kept.
func (a address) with(kept string) address {
	a.password = passwordIn(kept)
	return a
}

// fits tells whether the URL that was kept is this address, whatever its password.
func (a address) fits(kept string) bool {
	full := a.with(kept)
	return full.password != "" && full.String() == kept
}

// newPassword has 130 random bits, and of every sort of character that password policies ask for.
func newPassword() string { return "Qa-7" + rand.Text() }
