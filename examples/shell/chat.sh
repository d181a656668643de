#!/usr/bin/env bash
# A small Greenroom client for Linux. Needs bash, curl and jq, and for the WebSocket websocat
# (one file from https://github.com/vi/websocat/releases, or `cargo install websocat`).
#
# With --say it sends one message, waits until that is stored, and prints the newest of the room.
# Without, each line of standard input is a message. Without websocat it only shows the rooms.
set -euo pipefail

url=ws://127.0.0.1:3000/ws room=general name=ana say=
while (($#)); do
  case $1 in
    --url | --room | --name | --say) declare "${1#--}=$2" && shift 2 ;;
    *) echo "usage: $0 [--url URL] [--room ROOM] [--name NAME] [--say TEXT]" >&2 && exit 2 ;;
  esac
done

# --- over HTTP ---

http=http${url#ws}
http=${http%/ws}
echo "server: $(curl -fsS "$http/api/health" | jq -r .status)"
curl -fsS "$http/api/rooms" | jq -r '.rooms[] | "room \(.room): \(.last_seq) events, \(.online_count) here"'

if ! command -v websocat >/dev/null; then
  echo "to talk, install websocat: https://github.com/vi/websocat/releases" >&2
  exit 3
fi

# --- over the WebSocket ---

coproc SOCKET { exec websocat --text --protocol greenroom.v1 "$url"; }
exec {to_server}>&"${SOCKET[1]}" {from_server}<&"${SOCKET[0]}" {answers}<> <(:)
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

tell() { jq -nc "$@" >&"$to_server"; } # Writes one frame, a JSON object on one line.
show() { jq -r '(.events // [.])[] | select(.type == "message") | "[\(.seq)] \(.user.name): \(.body)"' <<<"$1"; }

# Nothing needs to be waited for in between. To resume later, join with `since` (the last seq that
# one holds) and the `epoch` of the earlier `joined`: the answer has exactly what was missed.
tell --arg name "$name" '{type: "hello", guest: $name}'
tell --arg room "$room" '{type: "join", room: $room}'

# The id is the message's for ever: sent again with it, it is still one message. Each line waits for
# the answer to the one before, so that the program ends when the last one is on the server's disk.
[[ ! $say ]] || exec <<<"$say"
{
  while IFS= read -r line; do
    tell --arg room "$room" --arg id "$(</proc/sys/kernel/random/uuid)" --arg body "$line" \
      '{type: "send", ref: $id, room: $room, id: $id, body: $body}'
    read -r <&"$answers"
  done
  tell --arg room "$room" '{type: "history", room: $room, limit: 10}'
} <&0 &

while IFS= read -r frame <&"$from_server"; do
  case $(jq -r .type <<<"$frame") in
    joined | events | message) [[ $say ]] || show "$frame" ;;
    ack) echo >&"$answers" ;;
    error)
      jq -r '"\(.code): \(.message)"' <<<"$frame" >&2
      [[ ! $say ]] || exit 1
      echo >&"$answers"
      ;;
    history)
      [[ ! $say ]] || show "$frame"
      exit
      ;;
  esac
done
echo "the connection has ended" >&2 && exit 1
