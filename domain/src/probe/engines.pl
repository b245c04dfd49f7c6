# The socket of a MySQL or MariaDB server, by which the console asks it.
sub read_engine_socket {
    for my $path ("/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock",
        "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock") {
        return $path if -S $path;
    }
    return "";
}

section("engine_socket", 2_000, \&read_engine_socket);
