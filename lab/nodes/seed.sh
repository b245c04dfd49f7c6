#!/bin/sh
# Runs once inside the image: gives the databases the content that every lab starts with.
set -eu
mkdir -p /run/mysqld
chown mysql: /run/mysqld
mariadbd --user=mysql --skip-networking &
tries=0
until mariadb-admin --silent ping > /dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 150 ] || { echo 'mariadbd did not answer within 30 s' >&2; exit 1; }
  sleep 0.2
done
mariadb < /tmp/orders.sql
# Replicas start from a copy of this data, and so from the position that goes with it.
mariadb --batch --skip-column-names -e 'SELECT @@gtid_binlog_pos' > /var/lib/mysql-seed.gtid
mariadb-admin shutdown
wait
rm -rf /tmp/orders.sql /run/mysqld
