package githubsim_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A browser follows links and presses buttons that are really on the page.
type browser struct {
	t      *testing.T
	client *http.Client
	at     *url.URL
	status int
	doc    *html.Node
}

func (w *world) browse(path string) *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b := &browser{t: w.t, client: &http.Client{Jar: jar}}
	if b.at, err = url.Parse(w.url); err != nil {
		w.t.Fatal(err)
	}
	b.open(path)
	return b
}

func (b *browser) open(path string) {
	b.t.Helper()
	to, err := b.at.Parse(path)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, to.String(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.load(req)
}

func (b *browser) load(req *http.Request) {
	b.t.Helper()
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	b.at, b.status = resp.Request.URL, resp.StatusCode
	if b.doc, err = html.ParseWithOptions(resp.Body, html.ParseOptionEnableScripting(false)); err != nil {
		b.t.Fatal(err)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a person reads of an element.
func text(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		switch {
		case d.Type == html.ElementNode:
			out.WriteString(" ")
		case d.Type == html.TextNode && d.Parent.Data != "style":
			out.WriteString(d.Data)
		}
		if d.NextSibling == nil {
			out.WriteString(" ")
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

func elements(n *html.Node, names ...string) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(names, d.Data) {
			found = append(found, d)
		}
	}
	return found
}

// click presses the button with that text or label, after filling in the fields of its form.
func (b *browser) click(button string, fields ...string) {
	b.t.Helper()
	for _, form := range elements(b.doc, "form") {
		for _, n := range elements(form, "button") {
			if text(n) != button && attribute(n, "aria-label") != button {
				continue
			}
			b.submit(form, fields)
			return
		}
	}
	b.t.Fatalf("no button %q on %s: %s", button, b.at, text(b.doc))
}

func (b *browser) submit(form *html.Node, fields []string) {
	b.t.Helper()
	values, known := url.Values{}, map[string]bool{}
	for _, n := range elements(form, "input", "select", "textarea") {
		name := attribute(n, "name")
		known[name] = true
		if n.Data == "input" && attribute(n, "type") != "checkbox" {
			values.Set(name, attribute(n, "value"))
		}
		for i, o := range elements(n, "option") {
			if i == 0 || slices.ContainsFunc(o.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
				values.Set(name, text(o))
			}
		}
	}
	for i := 0; i < len(fields); i += 2 {
		if !known[fields[i]] {
			b.t.Fatalf("no field %q in the form", fields[i])
		}
		values.Set(fields[i], fields[i+1])
	}
	to, err := b.at.Parse(attribute(form, "action"))
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, to.String(), strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.at.Scheme+"://"+b.at.Host)
	b.load(req)
}

func (b *browser) follow(link string) {
	b.t.Helper()
	for _, a := range elements(b.doc, "a") {
		if text(a) == link {
			b.open(attribute(a, "href"))
			return
		}
	}
	b.t.Fatalf("no link %q on %s: %s", link, b.at, text(b.doc))
}

func (b *browser) sees(words ...string) {
	b.t.Helper()
	page := text(b.doc)
	for _, word := range words {
		if !strings.Contains(page, word) {
			b.t.Errorf("no %q on %s: %s", word, b.at, page)
		}
	}
}

func (b *browser) misses(word string) {
	b.t.Helper()
	if page := text(b.doc); strings.Contains(page, word) {
		b.t.Errorf("%q on %s: %s", word, b.at, page)
	}
}

// post sends a body as a script or another site would.
func (w *world) post(path, contentType, body string, headers ...string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}
