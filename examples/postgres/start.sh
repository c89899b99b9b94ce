# Makes the database at the first start.
set -eu
export PATH="/usr/lib/postgresql/15/bin:$PATH"
if [ ! -e "$PGDATA/PG_VERSION" ]; then
  initdb -U me --auth-local=trust --auth-host=trust --no-instructions
  echo "host all all samenet trust" >> "$PGDATA/pg_hba.conf"
fi
exec postgres -k /tmp -h "*"
