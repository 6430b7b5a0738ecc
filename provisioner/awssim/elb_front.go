package awssim

import (
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// front is a listener's open port. A nil front is closed already.
type front struct {
	socket net.Listener
	server *http.Server
}

// openFront opens the port, when the region really listens. A port that the machine does not give is told as a
// duplicate listener, so that callers do what they would do in AWS: take another.
func (r *Region) openFront(port int32) (*front, error) {
	if r.opts.Listen == nil {
		return nil, nil
	}
	socket, err := r.opts.Listen(port)
	if err != nil {
		return nil, fail("DuplicateListener", "port %d cannot be opened on the machine that simulates the load balancer: %s", port, err)
	}
	return &front{socket: socket}, nil
}

func (r *Region) serveFront(listenerARN string, f *front) {
	if f == nil {
		return
	}
	f.server = &http.Server{Handler: r.forwarder(listenerARN), ReadHeaderTimeout: 10 * time.Second}
	r.spawn(func() { _ = f.server.Serve(f.socket) }) // always ErrServerClosed, by close
}

func (f *front) close() {
	if f != nil {
		_ = f.server.Close() // the listener is going away whatever happens
		_ = f.socket.Close()
	}
}

// ListenerHandler answers as the load balancer's listener on the port would, whether or not it really listens: 503
// when no target is healthy, and 404 when there is no such listener.
func (r *Region) ListenerHandler(balancer string, port int32) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var arn string
		r.locked(func() {
			for _, l := range r.listeners {
				if *l.data.Port == port && *r.balancers[*l.data.LoadBalancerArn].data.LoadBalancerName == balancer {
					arn = *l.data.ListenerArn
				}
			}
		})
		if arn == "" {
			http.NotFound(w, req)
			return
		}
		r.forwarder(arn).ServeHTTP(w, req)
	})
}

// route is where one request goes.
type route struct {
	addr    string       // a real process
	handler http.Handler // or an imaginary one
	fixed   *types.FixedResponseActionConfig

	balancer, group string // by ARN, of the target that was chosen
}

func (r *Region) forwarder(listenerARN string) http.Handler {
	var turn int
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var to route
		r.locked(func() {
			turn++
			to = r.routeFor(listenerARN, req, turn)
			if to.group != "" {
				r.count(to.balancer, to.group)
			}
		})
		switch {
		case to.fixed != nil:
			fixedResponse(w, to.fixed)
		case to.addr != "":
			req.Header.Del("Upgrade") // one request, one answer: no tunnels
			reverseProxy(to.addr).ServeHTTP(w, req)
		case to.handler != nil:
			to.handler.ServeHTTP(w, req)
		default:
			balancerError(w, req, http.StatusServiceUnavailable)
		}
	})
}

// routeFor picks a healthy target, each in its turn.
func (r *Region) routeFor(listenerARN string, req *http.Request, turn int) route {
	l := r.listeners[listenerARN]
	if l == nil {
		return route{}
	}
	actions := r.actionsFor(l, req.Host, req.URL.Path)
	action := actions[0]
	if action.FixedResponseConfig != nil {
		return route{fixed: action.FixedResponseConfig}
	}
	var routes []route
	for _, arn := range targetGroupsOf(actions[:1]) {
		g := r.groups[arn]
		if g == nil {
			continue
		}
		for _, x := range g.targets {
			c := x.container()
			if x.state != types.TargetHealthStateEnumHealthy || c == nil || c.status != "RUNNING" {
				continue
			}
			to := route{balancer: *l.data.LoadBalancerArn, group: arn}
			switch {
			case c.process != nil:
				to.addr = c.process.Addr(int(x.port))
			case c.outcome.Serve != nil:
				to.handler = c.outcome.Serve
			default:
				to.handler = imaginaryPage(x.task, c)
			}
			routes = append(routes, to)
		}
	}
	if len(routes) == 0 {
		return route{}
	}
	return routes[turn%len(routes)]
}

func imaginaryPage(t *task, c *container) http.Handler {
	text := fmt.Sprintf("container %s of task %s, image %s\n", *c.def.Name, t.id, *c.def.Image)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(text)) // the client is gone; nothing to tell
	})
}

// reverseProxy forwards to a process and keeps the Host header, as a load balancer does.
func reverseProxy(addr string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "http", Host: addr})
			p.Out.Host = p.In.Host
			p.SetXForwarded()
		},
		Transport:    &http.Transport{DisableKeepAlives: true}, // no idle connections to processes that end
		ErrorHandler: func(w http.ResponseWriter, req *http.Request, _ error) { balancerError(w, req, http.StatusBadGateway) },
	}
}

func fixedResponse(w http.ResponseWriter, f *types.FixedResponseActionConfig) {
	if f.ContentType != nil {
		w.Header().Set("Content-Type", *f.ContentType)
	}
	status, err := strconv.Atoi(deref(f.StatusCode))
	if err != nil || status < 200 || status > 599 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(deref(f.MessageBody))) // the client is gone; nothing to tell
}

// balancerError is the balancer's own page: HTML, or JSON for those who ask for it.
func balancerError(w http.ResponseWriter, req *http.Request, status int) {
	text := http.StatusText(status)
	w.Header().Set("Server", "awselb/2.0")
	if strings.Contains(req.Header.Get("Accept"), "json") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"status":%d,"message":%q}`+"\n", status, text)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	title := html.EscapeString(fmt.Sprintf("%d %s", status, text))
	_, _ = fmt.Fprintf(w, "<html>\n<head><title>%s</title></head>\n<body>\n<center><h1>%s</h1></center>\n</body>\n</html>\n", title, title)
}
