# Reads a value of this machine now and then, and publishes it. A message that the broker has not taken is an end with an error,
# and `restart: always` tries again.
set -eu
while :; do
  value=$(sh -c "$READ")
  mosquitto_pub -h broker -u sensor -P "$(cat /run/secrets/sensor)" -q 1 -t "$TOPIC" -m "$value"
  sleep "$EVERY"
done
