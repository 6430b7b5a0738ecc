package githubsim

import (
	"html/template"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// A markdown turns what people and programs write into what a page may show: tables, links, details, and no script.
type markdown struct {
	parser goldmark.Markdown
	policy *bluemonday.Policy
}

func newMarkdown() *markdown {
	return &markdown{
		parser: goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe())),
		policy: bluemonday.UGCPolicy(),
	}
}

func (m *markdown) render(text string) template.HTML {
	var out strings.Builder
	if err := m.parser.Convert([]byte(text), &out); err != nil { // only the writer could fail
		return template.HTML(template.HTMLEscapeString(text))
	}
	return template.HTML(m.policy.Sanitize(out.String()))
}
