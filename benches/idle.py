#!/usr/bin/env python3
"""What an idle connection costs: resident memory of a fresh server before and after N sockets.

    cargo build --release && python3 benches/idle.py target/release/greenroom 5000 [--join]

Each socket says hello and, with --join, enters one room. Needs Python 3.8 and `ulimit -n` above 2 N.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import tempfile


def resident_kib(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def frame(**fields: object) -> bytes:
    """A masked text frame; a mask of zeros leaves the text as it is."""
    text = json.dumps(fields).encode()
    assert len(text) < 126
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


async def connect(port: int, name: str, join: bool, turn: asyncio.Semaphore):
    async with turn:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(type="hello", guest=name))
        if join:
            writer.write(frame(type="join", room="general"))
        wanted, heard = (b'"joined"' if join else b'"welcome"'), b""
        while wanted not in heard:
            heard = await reader.read(65536)
        return reader, writer


async def drain(reader: asyncio.StreamReader) -> None:
    """Reads until nothing has come for a while, so that nothing waits in the server."""
    try:
        while await asyncio.wait_for(reader.read(65536), 4):
            pass
    except asyncio.TimeoutError:
        pass


async def measure(pid: int, port: int, sockets: int, join: bool) -> None:
    before = resident_kib(pid)
    turn = asyncio.Semaphore(50)
    connections = await asyncio.gather(*(connect(port, f"g{n}", join, turn) for n in range(sockets)))
    await asyncio.gather(*(drain(reader) for reader, _ in connections))
    each = (resident_kib(pid) - before) * 1024 / sockets
    print(f"{sockets} sockets{' in a room' if join else ''}: {before} KiB before, {each / 1024:.1f} KiB each")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("sockets", type=int)
    arguments.add_argument("--join", action="store_true")
    given = arguments.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as data:
        command = [given.binary, "--listen", "127.0.0.1:0", "--data", data, "--no-limits"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            port = int(server.stdout.readline().rsplit(":", 1)[1])
            asyncio.run(measure(server.pid, port, given.sockets, given.join))
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
