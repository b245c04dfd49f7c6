-- What the lab's MySQL starts with: a smaller shop than MariaDB's, with the same kinds of things.
ALTER USER root@localhost IDENTIFIED WITH auth_socket;
CREATE DATABASE orders CHARACTER SET utf8mb4;
CREATE USER app@'192.168.1.%' IDENTIFIED BY 'app-password', app@'10.0.0.%' IDENTIFIED BY 'app-password';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON orders.* TO app@'192.168.1.%', app@'10.0.0.%';

USE orders;

CREATE TABLE customer (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  email VARCHAR(120) NOT NULL UNIQUE
) ENGINE = InnoDB;

CREATE TABLE purchase (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  placed_at DATETIME NOT NULL,
  total DECIMAL(8, 2) NOT NULL,
  CONSTRAINT purchase_customer FOREIGN KEY (customer_id) REFERENCES customer (id)
) ENGINE = InnoDB;

SET SESSION cte_max_recursion_depth = 5000;

INSERT INTO customer (name, email)
WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 1000)
SELECT CONCAT(ELT(1 + n % 4, 'Ana', 'Björn', '陈', '花子'), ' ', n), CONCAT('customer', n, '@example.org') FROM counter;

INSERT INTO purchase (customer_id, placed_at, total)
WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 5000)
SELECT 1 + n * 7 % 1000, '2025-01-01' + INTERVAL n * 97 MINUTE, 1 + (n * 37 % 9000) / 100 FROM counter;

CREATE VIEW customer_total AS
SELECT c.id, c.name, SUM(p.total) AS total FROM customer c JOIN purchase p ON p.customer_id = c.id GROUP BY c.id;
