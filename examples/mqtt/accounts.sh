# Who may talk to the broker, and whose the folders are. Run at each `up`: a changed password is taken over.
set -eu
umask 077
place=/var/lib/mosquitto
for name in sensor reader; do
  echo "$name:$(cat /run/secrets/$name)"
done >$place/passwords.new
mosquitto_passwd -U $place/passwords.new
printf -- '-u reader\n-P %s\n' "$(cat /run/secrets/reader)" >$place/mosquitto_sub # for the broker's health check
chown -R mosquitto:mosquitto $place
mv $place/passwords.new $place/passwords
chown nobody:nogroup /records
