# backup.sh every: a dump each $EVERY seconds, the last five kept. backup.sh before-stop: one dump, in the database's own container.
# backup.sh restore: the last dump into the database.
set -eu
PATH="$(echo /usr/lib/postgresql/*/bin):$PATH"
umask 077

dump() {
  pg_dump --clean --if-exists >"/backup/.new-$1"
  sync "/backup/.new-$1"
  mv "/backup/.new-$1" "/backup/$1" # a dump is there whole or not at all
  ln -sf "$1" /backup/last.sql
  echo "wrote $1"
}

over_the_network() {
  PGPASSWORD=$(cat /run/secrets/db_password)
  export PGPASSWORD
}

case $1 in
  every)
    over_the_network
    while :; do
      dump "$(date +%Y-%m-%dT%H%M%S).sql"
      ls -1 /backup/2*.sql | head -n -5 | xargs -r rm
      sleep "$EVERY"
    done
    ;;
  before-stop) PGDATABASE=postgres dump before-stop.sql ;;
  restore)
    over_the_network
    psql -q -v ON_ERROR_STOP=1 --single-transaction -f /backup/last.sql
    ;;
esac
