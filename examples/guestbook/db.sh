# Makes the database at the first start; who comes over the network needs the password.
set -eu
PATH="$(echo /usr/lib/postgresql/*/bin):$PATH"
if [ ! -e "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.new" # of a start that was killed
  initdb -D "$PGDATA.new" -U "$PGUSER" --pwfile=/run/secrets/db_password --auth-local=trust --auth-host=scram-sha-256 --no-instructions
  echo "host all all samenet scram-sha-256" >>"$PGDATA.new/pg_hba.conf"
  mv -T "$PGDATA.new" "$PGDATA"
fi
exec postgres -k /tmp -h "*"
