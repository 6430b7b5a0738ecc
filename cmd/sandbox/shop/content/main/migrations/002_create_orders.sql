-- One row per order that the worker has handled. job makes a repeated one harmless.
CREATE TABLE orders (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  job VARCHAR(36) NOT NULL,
  product_id INT NOT NULL,
  product_name VARCHAR(120) NOT NULL,
  price_cents INT NOT NULL,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE KEY orders_job (job)
);
