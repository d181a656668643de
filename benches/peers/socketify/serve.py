#!/usr/bin/env python3
"""Rooms on µWebSockets, through socketify: its own publish and subscribe, which gather a turn's messages for each socket."""

import argparse
import json
import resource
import uuid
from collections import Counter
from datetime import datetime, timezone

from socketify import App, AppListenOptions, OpCode

newest = Counter()


def text(frame: dict) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def hello(app: App, socket, said: dict) -> None:
    user = {"id": str(uuid.uuid4()), "name": said["guest"]}
    socket.get_user_data()["user"] = user
    socket.send(text({"type": "welcome", "user": user}), OpCode.TEXT)


def join(app: App, socket, said: dict) -> None:
    socket.subscribe(said["room"])
    socket.send(text({"type": "joined", "room": said["room"]}), OpCode.TEXT)


def send(app: App, socket, said: dict) -> None:
    room, message, user = said["room"], said["id"], socket.get_user_data()["user"]
    newest[room] += 1
    at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    place = {"room": room, "seq": newest[room], "id": message}
    app.publish(room, text({"type": "message", **place, "user": user, "body": said["body"], "at": at}), OpCode.TEXT)
    socket.send(text({"type": "ack", "room": room, "id": message, "seq": newest[room], "at": at}), OpCode.TEXT)


def ping(app: App, socket, said: dict) -> None:
    socket.send(text({"type": "pong"}), OpCode.TEXT)


COMMANDS = {"hello": hello, "join": join, "send": send, "ping": ping}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--listen", default="127.0.0.1:0", metavar="ADDRESS:PORT")
    host, port = arguments.parse_args().listen.rsplit(":", 1)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    app = App()

    def upgrade(response, request, context) -> None:
        key, protocol = request.get_header("sec-websocket-key"), request.get_header("sec-websocket-protocol")
        response.upgrade(key, protocol or "", request.get_header("sec-websocket-extensions") or "", context, {})

    def message(socket, said, _kind) -> None:
        said = json.loads(said)
        COMMANDS[said["type"]](app, socket, said)

    app.ws("/ws", {"upgrade": upgrade, "message": message, "max_backpressure": 16 << 20, "idle_timeout": 960})
    options = AppListenOptions(int(port), host)
    app.listen(options, lambda config: print(f"listening on http://{host}:{config.port}", flush=True))
    app.run()


main()
