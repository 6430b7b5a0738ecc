package shop

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// A theme is the checkout's shop.yaml.
type theme struct {
	Title   string `yaml:"title"`
	Tagline string `yaml:"tagline"`
	Colour  string `yaml:"colour"` // #rrggbb
	Banner  string `yaml:"banner"` // shown above everything when there is one
}

// A look is what the checkout makes of the data. It is read once: a commit does not change.
type look struct {
	theme    theme
	pages    map[string]*template.Template // by path below templates, without .html
	pictures []string
}

// readLook fails like a container that cannot boot when the checkout's theme or templates are broken.
func readLook(files fs.FS) (*look, error) {
	l := &look{pages: map[string]*template.Template{}}
	text, err := fs.ReadFile(files, "shop.yaml")
	if err != nil {
		return nil, fmt.Errorf("read the theme: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(text, &l.theme, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the theme shop.yaml: %w", err)
	}
	common, err := template.New("").Funcs(template.FuncMap{
		"money": money, "less": less, "number": number, "initial": initial,
	}).ParseFS(files, "templates/layout.html", "templates/parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	for _, pattern := range []string{"templates/*.html", "templates/pages/*.html"} {
		pages, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, fmt.Errorf("list the templates: %w", err)
		}
		for _, file := range pages {
			if err := l.addPage(files, common, file); err != nil {
				return nil, fmt.Errorf("read the templates: %w", err)
			}
		}
	}
	pictures, err := fs.Glob(files, "static/art/*.svg")
	if err != nil {
		return nil, fmt.Errorf("list the pictures: %w", err)
	}
	for _, file := range pictures {
		l.pictures = append(l.pictures, strings.TrimSuffix(path.Base(file), ".svg"))
	}
	return l, nil
}

func (l *look) addPage(files fs.FS, common *template.Template, file string) error {
	page, err := common.Clone()
	if err != nil {
		return err
	}
	if page, err = page.ParseFS(files, file); err != nil {
		return err
	}
	l.pages[strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html")] = page
	return nil
}

// hasPicture reports whether a product may be shown with that picture; the empty one is its first letter.
func (l *look) hasPicture(name string) bool { return name == "" || slices.Contains(l.pictures, name) }

// A view is what templates see.
type view struct {
	Theme                       theme
	Role, Branch, Commit, Short string
	Notice                      string
	Products, Orders            []row
	Visits, Ordered, Waiting    string // "" when Redis or the database did not say
	Pictures                    []string
}

// render writes a page whole or not at all, so that a template that fails half-way is a 500 and not half a page.
func (p *process) render(w http.ResponseWriter, l *look, status int, page string, v view) {
	v.Theme, v.Role, v.Branch, v.Commit = l.theme, p.role, p.config.branch, p.config.commit
	v.Short = v.Commit[:min(7, len(v.Commit))]
	v.Pictures = l.pictures
	var body bytes.Buffer
	t, ok := l.pages[page]
	if !ok {
		http.Error(w, "This page does not exist.", http.StatusNotFound)
		return
	}
	if err := t.ExecuteTemplate(&body, "layout", v); err != nil {
		p.log.Error("render a page", "page", page, "error", err)
		http.Error(w, "The page could not be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := body.WriteTo(w); err != nil {
		p.log.Debug("send a page", "error", err)
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// money writes cents as €12.50.
func money(cents string) string {
	n := number(cents)
	return fmt.Sprintf("€%d.%02d", n/100, n%100)
}

// less is the price after a discount in percent.
func less(cents, percent string) string {
	return money(strconv.Itoa(number(cents) * (100 - number(percent)) / 100))
}

func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(name)
	return strings.ToUpper(string(r))
}
