#!/bin/sh
# Fills turnserver.conf.template from the environment and becomes coturn.
# With TURN_CERT and TURN_KEY (PEM files) it also serves turns: on 5349.
set -eu

: "${TURN_SECRET:?is the secret shared with the service}"
: "${TURN_REALM:?is the name of the site}"
: "${MEDIA_ANNOUNCE:?is the address of this machine as participants see it}"

template="${TURN_TEMPLATE:-/etc/turnserver.conf.template}"
conf="${TURN_CONF:-/tmp/turnserver.conf}"
umask 077

for value in "$TURN_SECRET" "$TURN_REALM" "$MEDIA_ANNOUNCE"; do
  case "$value" in
    *[!A-Za-z0-9._:+=/-]*)
      echo "TURN_SECRET, TURN_REALM and MEDIA_ANNOUNCE may hold letters, digits and . _ : + = / - only" >&2
      exit 1
      ;;
  esac
done

sed -e "s|@TURN_SECRET@|$TURN_SECRET|" \
  -e "s|@TURN_REALM@|$TURN_REALM|" \
  -e "s|@MEDIA_ANNOUNCE@|$MEDIA_ANNOUNCE|" \
  "$template" >"$conf"

if [ -n "${TURN_CERT:-}" ]; then
  printf 'tls-listening-port=5349\ncert=%s\npkey=%s\n' "$TURN_CERT" "$TURN_KEY" >>"$conf"
else
  printf 'no-tls\nno-dtls\n' >>"$conf"
fi

exec turnserver -c "$conf" "$@"
