"""Watches the observatory's feed, twice a second: how many bytes it is told, and how long a frame is.

    python3 -m pip install websockets
    python3 benches/observatory/watch.py ws://127.0.0.1:3000/api/observatory 60 [--list]

Needs a server with --lab on the same machine. With --list it has a page of sessions unfolded, too.
"""

import asyncio
import json
import sys
import time

import websockets


async def watch(url, seconds, listed):
    async with websockets.connect(url, max_size=None, compression=None) as feed:
        snapshot = await feed.recv()
        first = json.loads(snapshot)
        print(f"snapshot: {len(snapshot)} bytes, {len(first['actors'])} rows, {first['tiles']['sessions']} sessions")
        if listed:
            await feed.send(json.dumps({"type": "list", "search": "session:", "page": 0}))
        sizes, rows = [], set()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                frame = await asyncio.wait_for(feed.recv(), left)
            except TimeoutError:
                break
            sizes.append(len(frame))
            told = json.loads(frame)
            rows.update(row["name"] for row in told.get("actors", []))
        total = sum(sizes)
        print(f"{len(sizes)} frames in {seconds} s: {total / seconds / 1000:.2f} KB/s, the longest {max(sizes)} bytes; {len(rows)} rows changed")


if __name__ == "__main__":
    asyncio.run(watch(sys.argv[1], float(sys.argv[2]), "--list" in sys.argv))
