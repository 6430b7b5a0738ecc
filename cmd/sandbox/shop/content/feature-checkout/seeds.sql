INSERT IGNORE INTO products (id, name, description, price_cents, art) VALUES
  (1, 'Enamel Mug', 'Holds exactly one long meeting.', 1400, 'mug'),
  (2, 'Desk Lamp', 'Warm light for late reviews.', 6900, 'lamp'),
  (3, 'Linen Notebook', 'For ideas that do not compile yet.', 1850, 'notebook'),
  (4, 'Walnut Clock', 'Always in the right time zone.', 8900, 'clock'),
  (5, 'Canvas Tote', 'Carries a laptop and a baguette.', 2400, 'tote'),
  (6, 'Potted Fern', 'Needs water, light and no updates.', 1990, 'fern');
UPDATE products SET discount_percent = 20 WHERE price_cents >= 6000;
