ALTER TABLE products ADD COLUMN greeting VARCHAR(120) NOT NULL DEFAULT 'Hello!';
INSERT INTO products (id, name, description, price_cents, art, greeting) VALUES
  (100, 'Hello Card', 'Says it so that you need not.', 450, 'card', 'Nice to meet you');
