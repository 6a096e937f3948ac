#!/usr/bin/env bash
# Keeps the container alive while exams are talking. A container ends with its first process; if that were the
# server, a crash would end the media nodes as well. So the first process is this loop: as long as media nodes
# live, a dead server is started anew beside them; without nodes the container ends and Docker decides.
set -uo pipefail

run_dir="${DATA_DIR:-data}/run"
server=0
stopping=0

# shellcheck disable=SC2317  # called by the trap
stop() {
  stopping=1
  if ((server > 0)); then kill -TERM "$server" 2>/dev/null; fi
}
trap stop TERM INT

code=0
while ((!stopping)); do
  python -m server &
  server=$!
  # A signal interrupts wait; the server's own end is what counts.
  while
    wait "$server"
    code=$?
    kill -0 "$server" 2>/dev/null
  do :; done
  server=0
  if ((stopping)) || ! compgen -G "$run_dir/*.sock" >/dev/null; then break; fi
  echo "The server ended with code $code; the media nodes live, starting it again" >&2
  sleep 1
done

# Nobody can come back to nodes of a container that goes away: let them close their files.
python -m server.stop
exit "$code"
