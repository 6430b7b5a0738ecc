ALTER TABLE products ADD COLUMN discount_percent INT NOT NULL DEFAULT 0;
UPDATE products SET discount_percent = 20 WHERE price_cents >= 6000;
