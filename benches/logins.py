#!/usr/bin/env python3
"""What five hundred who sign in at once cost those who chat.

    cargo build --release && python3 benches/logins.py target/release/greenroom [PARALLEL]

Two people talk, twenty times a second, in a process of their own; the time from each message to its
acknowledgement is measured, first alone, then while PARALLEL (500) others sign in at once, half of them with a
wrong password. Whoever is answered 503 tries again after a second, as the answer says; whoever is let in or
refused does so, too. The server runs without limits: with them nearly all would be refused before any hashing.
Needs the Python package `websockets`.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter

import websockets

PASSWORD = "tall grass on tuesday"


async def call(address, path, body):
    reader, writer = await asyncio.open_connection(*address)
    body = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1])


async def talk(url, seconds):
    """Milliseconds from each message to its acknowledgement."""
    times = []
    async with websockets.connect(url) as ana, websockets.connect(url) as bob:
        for socket, name in ((ana, "ana"), (bob, "bob")):
            await socket.send(json.dumps({"type": "hello", "guest": name}))
            await socket.send(json.dumps({"type": "join", "room": "green", "limit": 0, "ref": "in"}))
            while json.loads(await socket.recv()).get("ref") != "in":
                pass
        hearing = asyncio.create_task(hear_all(bob))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            begun = time.monotonic()
            await ana.send(json.dumps({"type": "send", "room": "green", "id": str(uuid.uuid4()), "body": "hello"}))
            while json.loads(await ana.recv())["type"] != "ack":
                pass
            times.append((time.monotonic() - begun) * 1000)
            await asyncio.sleep(0.05)
        hearing.cancel()
    return sorted(times)


async def hear_all(socket):
    async for _ in socket:
        pass


async def sign_in_for_ever(address, n, answers):
    password = PASSWORD if n % 2 == 0 else "another password"
    while True:
        answers[await call(address, "/api/session", {"email": "ana@example.org", "password": password})] += 1
        await asyncio.sleep(1)


async def talk_elsewhere(url, seconds):
    """The same in a process of its own, which nothing here keeps busy."""
    command = [sys.executable, __file__, "--talk", url, str(seconds)]
    talking = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    said, _ = await talking.communicate()
    return json.loads(said)


def shown(times):
    return f"{len(times)} messages: median {times[len(times) // 2]:.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms"


async def main():
    binary, parallel = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500
    with tempfile.TemporaryDirectory() as data:
        flags = ["serve", "--listen", "127.0.0.1:0", "--data", data, "--no-limits"]
        server = subprocess.Popen([binary, *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            base = server.stdout.readline().split()[-1]
            host, port = base.removeprefix("http://").split(":")
            address, url = (host, int(port)), base.replace("http", "ws") + "/ws"
            form = {"email": "ana@example.org", "name": "ana_", "password": PASSWORD, "password_confirm": PASSWORD}
            assert await call(address, "/api/users", form) == 201
            for round_ in range(3):
                alone = await talk_elsewhere(url, 10)
                answers = Counter()
                crowd = [asyncio.create_task(sign_in_for_ever(address, n, answers)) for n in range(parallel)]
                beside = await talk_elsewhere(url, 10)
                for one in crowd:
                    one.cancel()
                await asyncio.gather(*crowd, return_exceptions=True)
                print(f"alone   {shown(alone)}")
                print(f"beside  {shown(beside)}; sign-ins answered: {dict(sorted(answers.items()))}")
        finally:
            server.terminate()
            server.wait()


if sys.argv[1] == "--talk":
    print(json.dumps(asyncio.run(talk(sys.argv[2], float(sys.argv[3])))))
else:
    asyncio.run(main())
