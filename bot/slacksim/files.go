package slacksim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

const maxFile = 16 << 20 // bytes of one uploaded file

// A File is what an app shared in a message.
type File struct {
	ID    string `json:"id"`
	Name  string `json:"name"` // with its ending
	Title string `json:"title"`
	Type  string `json:"mimetype"`
	Size  int    `json:"size"` // bytes
	Path  string `json:"path"` // under the workspace's URL
}

// upload is a file on its way: announced, then uploaded, then shared.
type upload struct {
	File
	length  int
	content []byte
	shared  bool
	at      time.Time
}

// FileContent gives the bytes of a file that was uploaded, nil when there is none.
func (w *Workspace) FileContent(id string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f := w.files[id]; f != nil {
		return bytes.Clone(f.content)
	}
	return nil
}

func (w *Workspace) filesGetUploadURL(a args) (map[string]any, error) {
	name, length := path.Base(a.str("filename")), a.number("length", 0)
	switch {
	case !a.has("filename") || length <= 0:
		return nil, refuse("invalid_arguments")
	case length > maxFile:
		return nil, refuse("file_upload_size_restricted")
	}
	id := w.newID("F")
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	f := File{ID: id, Name: name, Title: name, Size: length, Path: "/files/" + id + "/" + url.PathEscape(name)}
	f.Type, _, _ = mime.ParseMediaType(kind)
	w.files[id] = &upload{File: f, length: length, at: w.now()}
	return map[string]any{"upload_url": a.base + "/upload/" + id, "file_id": id}, nil
}

// serveUpload takes the bytes, raw or as the first file of a form.
func (w *Workspace) serveUpload(rw http.ResponseWriter, r *http.Request) {
	body := io.Reader(http.MaxBytesReader(rw, r.Body, maxFile+maxBody))
	if form, err := r.MultipartReader(); err == nil {
		part, err := form.NextPart()
		if err != nil {
			http.Error(rw, "form without a file", http.StatusBadRequest)
			return
		}
		body = part
	}
	content, err := io.ReadAll(body)
	if err != nil {
		http.Error(rw, "body not readable", http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.files[r.PathValue("id")]
	switch {
	case f == nil || f.content != nil:
		http.Error(rw, "upload URL unknown or used", http.StatusNotFound)
	case len(content) != f.length:
		http.Error(rw, fmt.Sprintf("%d bytes announced, %d came", f.length, len(content)), http.StatusBadRequest)
	default:
		f.content = content
		_, _ = fmt.Fprintf(rw, "OK - %d", len(content)) // a reader that has gone needs no answer
	}
}

// filesComplete shares uploaded files in a channel; without one they stay with the app.
func (w *Workspace) filesComplete(a args) (map[string]any, error) {
	var wanted []struct{ ID, Title string }
	if json.Unmarshal(a.object("files"), &wanted) != nil || len(wanted) == 0 {
		return nil, refuse("invalid_arguments")
	}
	var shared []File
	for _, f := range wanted {
		have := w.files[f.ID]
		if have == nil || have.content == nil || have.shared {
			return nil, refuse("file_not_found")
		}
		one := have.File
		if f.Title != "" {
			one.Title = f.Title
		}
		shared = append(shared, one)
	}
	channel := a.str("channel_id")
	if channel == "" {
		channel, _, _ = strings.Cut(a.str("channels"), ",")
	}
	if channel != "" {
		a.set("channel", channel)
		if err := w.shareFiles(a, shared); err != nil {
			return nil, err
		}
	}
	for _, f := range shared {
		w.files[f.ID].shared, w.files[f.ID].File = true, f
	}
	return map[string]any{"files": w.wireFiles(shared)}, nil
}

func (w *Workspace) shareFiles(a args, shared []File) error {
	c, err := w.target(a)
	if err != nil {
		return err
	}
	body := content{text: a.str("initial_comment"), files: shared}
	if raw := a.object("blocks"); raw != nil {
		if body.blocks, err = w.checkBlocks(raw, surfaceMessage); err != nil {
			return err
		}
	}
	if err := w.inThread(c, &body, a); err != nil {
		return err
	}
	w.tellOwnMessage(c, w.add(c, w.dir.bot, body, ""))
	return nil
}

func (w *Workspace) filesInfo(a args) (map[string]any, error) {
	f := w.files[a.str("file")]
	if f == nil || f.content == nil {
		return nil, refuse("file_not_found")
	}
	return map[string]any{"file": w.wireFiles([]File{f.File})[0]}, nil
}

func (w *Workspace) wireFiles(files []File) []map[string]any {
	out := []map[string]any{}
	for _, f := range files {
		out = append(out, map[string]any{"id": f.ID, "name": f.Name, "title": f.Title, "mimetype": f.Type, "filetype": strings.TrimPrefix(path.Ext(f.Name), "."),
			"size": f.Size, "user": w.dir.bot.ID, "created": w.files[f.ID].at.Unix(), "mode": "hosted", "is_external": false, "is_public": true,
			"url_private": w.base + f.Path, "url_private_download": w.base + f.Path, "permalink": w.base + f.Path})
	}
	return out
}

// serveFile gives a shared file to the page, never as something that a browser would run.
func (w *Workspace) serveFile(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	var f upload
	if found := w.files[r.PathValue("id")]; found != nil {
		f = *found
	}
	w.mu.Unlock()
	if !f.shared {
		http.NotFound(rw, r)
		return
	}
	h := rw.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	switch {
	case strings.HasPrefix(f.Type, "text/") || f.Type == "application/json" || path.Ext(f.Name) == ".log":
		h.Set("Content-Type", "text/plain; charset=utf-8")
	case strings.HasPrefix(f.Type, "image/") && f.Type != "image/svg+xml":
		h.Set("Content-Type", f.Type)
	default:
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", "attachment")
	}
	http.ServeContent(rw, r, "", f.at, bytes.NewReader(f.content))
}
