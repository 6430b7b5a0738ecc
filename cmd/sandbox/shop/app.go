package shop

import (
	"context"
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

// runApp serves the front: products from the database, the visits from Redis, orders into the queue.
func runApp(ctx context.Context, p *process) error {
	w, err := newWeb(p)
	if err != nil {
		return err
	}
	w.mux.HandleFunc("GET /{$}", w.home)
	w.mux.HandleFunc("GET /{page}", func(rw http.ResponseWriter, r *http.Request) {
		w.render(rw, w.look, http.StatusOK, "pages/"+r.PathValue("page"), view{})
	})
	w.mux.HandleFunc("POST /order", w.order)
	return w.serve(ctx)
}

const selectProducts = "SELECT * FROM products ORDER BY id"

func (w *web) home(rw http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	products, err := w.db.rows(ctx, selectProducts)
	if err != nil {
		w.unavailable(rw, "read the products", err)
		return
	}
	v := view{Products: products}
	if visits, err := w.redis.visit(ctx); err != nil {
		w.log.Warn("count the visit", "error", err) // the goods matter more than the counter
	} else {
		v.Visits = strconv.FormatInt(visits, 10)
	}
	if r.URL.Query().Has("ordered") {
		v.Notice = "Thank you. Your order is with our worker now."
	}
	w.render(rw, w.look, http.StatusOK, "home", v)
}

func (w *web) order(rw http.ResponseWriter, r *http.Request) {
	product, err := strconv.ParseInt(r.FormValue("product"), 10, 64)
	if err != nil {
		http.Error(rw, "Which product?", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := w.redis.add(ctx, order{Job: uuid.NewString(), Product: product}); err != nil {
		w.unavailable(rw, "queue an order", err)
		return
	}
	http.Redirect(rw, r, "/?ordered", http.StatusSeeOther)
}
