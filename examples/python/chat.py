#!/usr/bin/env python3
"""A small Greenroom client. Needs Python 3.9 or later, and `pip install websockets` (13 or later).
With --say it sends one message, waits until that is stored, and prints the newest of the room.
Without, each line of standard input is a message, and it comes back after every disconnection."""
import argparse, asyncio, contextlib, json, sys, threading, uuid
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

parser = argparse.ArgumentParser(description=__doc__)
for flag, default in (("url", "ws://127.0.0.1:3000/ws"), ("room", "general"), ("name", "ana"), ("say", None)):
    parser.add_argument(f"--{flag}", default=default)
options = parser.parse_args()

hello = {"type": "hello", "guest": options.name}
join = {"type": "join", "room": options.room, "limit": 0 if options.say else 50}
unacknowledged = {}  # Messages that may not be on the server's disk yet, by their ref.


def message(body):
    key = str(uuid.uuid4())  # The message's for ever: sent again with it, it is still one message.
    unacknowledged[key] = {"type": "send", "ref": key, "room": options.room, "id": key, "body": body}
    return json.dumps(unacknowledged[key])


def hear(frame):
    kind = frame["type"]
    if kind == "welcome":  # With the token one is the same guest again.
        hello.pop("guest", None)
        hello["token"] = frame["token"]
    elif kind == "joined":  # The next `join` gets exactly what comes after `since`.
        join.update(since=frame["last_seq"], epoch=frame["epoch"])
    elif kind in ("ack", "error"):
        unacknowledged.pop(frame.get("ref"), None)
    if kind == "error":
        print(f"{frame['code']}: {frame['message']}", file=sys.stderr)
    for event in frame.get("events", [frame] if "seq" in frame and kind != "ack" else []):
        if kind != "history":
            join["since"] = event["seq"]
        if event["type"] == "message" and (kind == "history") == bool(options.say):
            print(f"[{event['seq']}] {event['user']['name']}: {event['body']}", flush=True)
    return kind


async def speak(socket, lines):
    with contextlib.suppress(ConnectionClosed):  # What is unacknowledged is sent with the next connection.
        while (line := await lines.get()) is not None:
            await socket.send(message(line))
        lines.put_nowait(None)  # Still the end where this connection ends too early.
        while unacknowledged:
            await asyncio.sleep(0.01)
        await socket.send(json.dumps({"type": "history", "room": options.room, "limit": 10}))


async def main():
    lines, loop = asyncio.Queue(), asyncio.get_running_loop()

    def read():
        for line in [options.say] if options.say else sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line.rstrip("\n"))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    async for socket in connect(options.url, subprotocols=["greenroom.v1"]):
        speaking = asyncio.Future()
        try:
            for frame in (hello, join, *unacknowledged.values()):  # Nothing to wait for in between.
                await socket.send(json.dumps(frame))
            speaking = asyncio.create_task(speak(socket, lines))
            async for text in socket:
                kind = hear(json.loads(text))
                if kind == "history" or kind == "error" and options.say:
                    return int(kind == "error")
        except ConnectionClosed:
            pass
        speaking.cancel()
        if socket.close_code in (1002, 1003, 1007, 1009, 4401):  # Coming back would not help.
            return f"closed: {socket.close_code} {socket.close_reason}"


sys.exit(asyncio.run(main()))
