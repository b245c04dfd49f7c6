-- What the lab's databases start with: a small shop with one of everything that a backup must bring back.
CREATE USER repl@'192.168.1.%' IDENTIFIED BY 'repl-password';
GRANT REPLICATION SLAVE ON *.* TO repl@'192.168.1.%';

CREATE DATABASE orders CHARACTER SET utf8mb4;
CREATE DATABASE lab CHARACTER SET utf8mb4;
-- Through the virtual IP a client arrives with its own address, one hop away.
CREATE USER app@'192.168.1.%' IDENTIFIED BY 'app-password', app@'10.0.0.%' IDENTIFIED BY 'app-password';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON orders.* TO app@'192.168.1.%', app@'10.0.0.%';
GRANT SELECT, INSERT, DELETE ON lab.* TO app@'192.168.1.%', app@'10.0.0.%';

CREATE TABLE lab.ledger (
  run CHAR(12) NOT NULL,
  sequence BIGINT UNSIGNED NOT NULL,
  written_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (run, sequence)
) ENGINE = InnoDB COMMENT = 'Writes of `lab load`, checked against what was acknowledged';

USE orders;

CREATE TABLE customer (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  email VARCHAR(120) NOT NULL UNIQUE,
  city VARCHAR(60) NOT NULL,
  joined_on DATE NOT NULL
) ENGINE = InnoDB;

CREATE TABLE product (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sku CHAR(8) NOT NULL UNIQUE,
  title VARCHAR(120) NOT NULL,
  price DECIMAL(8, 2) NOT NULL,
  stock INT NOT NULL,
  picture BLOB
) ENGINE = InnoDB;

CREATE TABLE purchase (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  placed_at DATETIME NOT NULL,
  state ENUM('placed', 'paid', 'shipped', 'returned') NOT NULL DEFAULT 'placed',
  note VARCHAR(200),
  KEY placed (placed_at),
  CONSTRAINT purchase_customer FOREIGN KEY (customer_id) REFERENCES customer (id)
) ENGINE = InnoDB;

CREATE TABLE purchase_item (
  purchase_id INT UNSIGNED NOT NULL,
  line TINYINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  quantity SMALLINT UNSIGNED NOT NULL,
  price DECIMAL(8, 2) NOT NULL,
  PRIMARY KEY (purchase_id, line),
  CONSTRAINT item_purchase FOREIGN KEY (purchase_id) REFERENCES purchase (id) ON DELETE CASCADE,
  CONSTRAINT item_product FOREIGN KEY (product_id) REFERENCES product (id)
) ENGINE = InnoDB;

CREATE TABLE cart (
  id CHAR(36) NOT NULL PRIMARY KEY,
  customer_id INT UNSIGNED,
  content JSON NOT NULL,
  touched_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE = InnoDB;

-- Outside of every snapshot, as old schemas have them.
CREATE TABLE import_log (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  imported_at DATETIME NOT NULL,
  message VARCHAR(200) NOT NULL
) ENGINE = MyISAM;

CREATE TABLE stock_change (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id INT UNSIGNED NOT NULL,
  delta INT NOT NULL,
  changed_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE = InnoDB;

INSERT INTO customer (name, email, city, joined_on)
SELECT CONCAT(ELT(1 + seq % 8, 'Ana', 'Björn', '陈', 'Dmitri', 'Élodie', 'Farid', 'Grace', '花子'), ' ', seq),
       CONCAT('customer', seq, '@example.org'),
       ELT(1 + seq % 5, 'Lisboa', 'Malmö', '上海', 'Tbilisi', 'Nairobi'),
       '2020-01-01' + INTERVAL seq % 1800 DAY
FROM seq_1_to_2000;

INSERT INTO product (sku, title, price, stock, picture)
SELECT CONCAT('SKU', LPAD(seq, 5, '0')), CONCAT('Part no. ', seq, ' “', HEX(seq * 7919), '”'),
       1 + (seq * 37 % 9000) / 100, 100 + seq % 400, UNHEX(SHA2(seq, 512))
FROM seq_1_to_500;

INSERT INTO purchase (customer_id, placed_at, state, note)
SELECT 1 + seq * 7 % 2000, '2025-01-01' + INTERVAL seq * 97 MINUTE, 1 + seq % 4,
       IF(seq % 10, NULL, CONCAT('leave at the neighbour''s, door ', seq))
FROM seq_1_to_5000;

INSERT INTO purchase_item (purchase_id, line, product_id, quantity, price)
SELECT p.seq, l.seq, 1 + (p.seq * 13 + l.seq * 101) % 500, 1 + (p.seq + l.seq) % 4, 1 + (p.seq * l.seq % 9000) / 100
FROM seq_1_to_5000 p JOIN seq_1_to_3 l ON l.seq <= 1 + p.seq % 3;

INSERT INTO cart (id, customer_id, content)
SELECT UUID(), seq, JSON_OBJECT('items', JSON_ARRAY(seq % 500, seq % 77), 'coupon', NULL) FROM seq_1_to_800;

INSERT INTO import_log (imported_at, message)
SELECT '2025-01-01' + INTERVAL seq DAY, CONCAT('price list of day ', seq, ' read') FROM seq_1_to_400;

CREATE VIEW purchase_total AS
SELECT p.id, p.customer_id, p.placed_at, p.state, SUM(i.quantity * i.price) AS total
FROM purchase p JOIN purchase_item i ON i.purchase_id = p.id
GROUP BY p.id;

DELIMITER //
CREATE TRIGGER item_takes_stock AFTER INSERT ON purchase_item FOR EACH ROW
BEGIN
  UPDATE product SET stock = stock - NEW.quantity WHERE id = NEW.product_id;
  INSERT INTO stock_change (product_id, delta) VALUES (NEW.product_id, -CAST(NEW.quantity AS SIGNED));
END//

CREATE FUNCTION customer_spent(customer INT UNSIGNED) RETURNS DECIMAL(12, 2) READS SQL DATA
  RETURN (SELECT COALESCE(SUM(total), 0) FROM purchase_total WHERE customer_id = customer)//

CREATE PROCEDURE place_purchase(IN customer INT UNSIGNED, IN product INT UNSIGNED, IN quantity SMALLINT UNSIGNED)
BEGIN
  START TRANSACTION;
  INSERT INTO purchase (customer_id, placed_at) VALUES (customer, NOW());
  INSERT INTO purchase_item
    SELECT LAST_INSERT_ID(), 1, id, quantity, price FROM product WHERE id = product;
  COMMIT;
END//

CREATE EVENT forget_old_carts ON SCHEDULE EVERY 1 HOUR
  DO DELETE FROM cart WHERE touched_at < NOW() - INTERVAL 30 DAY//
DELIMITER ;
