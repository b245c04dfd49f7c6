#!/bin/sh
# Runs once inside the image with MySQL: makes its account, directories and first content.
set -eu
useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin mysql
install -d -o mysql -g mysql -m 0700 /var/lib/mysql /var/lib/mysql-files
install -d -o mysql -g mysql /run/mysqld
install -d /etc/mysql/conf.d
mysqld --initialize-insecure
mysqld --skip-networking &
tries=0
until mysqladmin --silent ping; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { echo 'mysqld did not answer within 60 s' >&2; exit 1; }
  sleep 0.2
done
mysql < /tmp/orders.sql
mysqladmin shutdown
wait
systemctl --quiet enable mysql.service
# Each node that starts from this data makes its own server_uuid.
rm -rf /var/lib/mysql/auto.cnf /tmp/orders.sql /run/mysqld
