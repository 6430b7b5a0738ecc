package slacksim

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed page
var pageFiles embed.FS

// page serves the browser page. Permalinks ("/archives/...") are the page too; it opens the channel by itself.
func page() http.Handler {
	sub, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	files := http.FileServerFS(sub)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(rw, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h := rw.Header()
		// Nothing is fetched from elsewhere, but for the images that messages show.
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: http: https:; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		if strings.HasPrefix(r.URL.Path, "/archives/") {
			http.ServeFileFS(rw, r, sub, "index.html")
			return
		}
		if path.Ext(r.URL.Path) == "" && r.URL.Path != "/" {
			http.NotFound(rw, r)
			return
		}
		files.ServeHTTP(rw, r)
	})
}
