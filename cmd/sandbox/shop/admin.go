package shop

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// runAdmin serves the pages for the people who run the shop.
func runAdmin(ctx context.Context, p *process) error {
	w, err := newWeb(p)
	if err != nil {
		return err
	}
	w.mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, r *http.Request) { w.office(rw, r, http.StatusOK, "") })
	w.mux.HandleFunc("POST /products", w.addProduct)
	w.mux.HandleFunc("POST /products/{id}/delete", w.deleteProduct)
	return w.serve(ctx)
}

func (w *web) office(rw http.ResponseWriter, r *http.Request, status int, notice string) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	v := view{Notice: notice, Waiting: "?"}
	var err error
	if v.Products, err = w.db.rows(ctx, selectProducts); err != nil {
		w.unavailable(rw, "read the products", err)
		return
	}
	if v.Orders, err = w.db.rows(ctx, "SELECT * FROM orders ORDER BY id DESC LIMIT 8"); err != nil {
		w.unavailable(rw, "read the orders", err)
		return
	}
	counted, err := w.db.rows(ctx, "SELECT COUNT(*) AS n FROM orders")
	if err != nil {
		w.unavailable(rw, "count the orders", err)
		return
	}
	v.Ordered = counted[0]["n"]
	if waiting, err := w.redis.waiting(ctx); err != nil {
		w.log.Warn("count the queue", "error", err)
	} else {
		v.Waiting = strconv.FormatInt(waiting, 10)
	}
	w.render(rw, w.look, status, "admin", v)
}

func (w *web) addProduct(rw http.ResponseWriter, r *http.Request) {
	name, description := strings.TrimSpace(r.FormValue("name")), strings.TrimSpace(r.FormValue("description"))
	art := r.FormValue("art")
	price, readable := cents(r.FormValue("price"))
	complaint := ""
	switch {
	case name == "" || utf8.RuneCountInString(name) > 120:
		complaint = "A product needs a name of at most 120 characters."
	case utf8.RuneCountInString(description) > 400:
		complaint = "A description has at most 400 characters."
	case !readable:
		complaint = "A price looks like 19.90."
	case !w.look.hasPicture(art):
		complaint = "There is no such picture."
	}
	if complaint != "" {
		w.office(rw, r, http.StatusUnprocessableEntity, complaint)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	const insert = "INSERT INTO products (name, description, price_cents, art) VALUES (?, ?, ?, ?)"
	if _, err := w.db.ExecContext(ctx, insert, name, description, price, art); err != nil {
		w.unavailable(rw, "add a product", err)
		return
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

func (w *web) deleteProduct(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if _, err := w.db.ExecContext(ctx, "DELETE FROM products WHERE id = ?", r.PathValue("id")); err != nil {
		w.unavailable(rw, "delete a product", err)
		return
	}
	http.Redirect(rw, r, "/", http.StatusSeeOther)
}

var priceLike = regexp.MustCompile(`^\s*€?\s*(\d{1,6})(?:[.,](\d{1,2}))?\s*$`)

// cents reads a price as people type it: 12, 12.5, 12,50.
func cents(text string) (n int, readable bool) {
	m := priceLike.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	return number(m[1])*100 + number((m[2] + "00")[:2]), true
}
