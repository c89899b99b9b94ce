# Reads a value of this machine now and then, and publishes it. A message that the broker has not taken is an end with an error,
# and `restart: always` tries again.
set -eu
# The account is in a file that mosquitto_pub reads: an argument would be seen in the list of processes.
umask 077
printf -- '-u sensor\n-P %s\n' "$(cat /run/secrets/sensor)" >"$XDG_CONFIG_HOME/mosquitto_pub"
while :; do
  value=$(sh -c "$READ")
  mosquitto_pub -h broker -q 1 -t "$TOPIC" -m "$value"
  sleep "$EVERY"
done
