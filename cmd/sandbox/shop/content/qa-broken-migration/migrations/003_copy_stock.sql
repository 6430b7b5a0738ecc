-- The table inventory was made by hand on one laptop and exists nowhere else.
CREATE TABLE stock (
  product_id INT NOT NULL PRIMARY KEY,
  quantity INT NOT NULL
);
INSERT INTO stock (product_id, quantity) SELECT product_id, quantity FROM inventory;
