"""The consumer of the Channels tutorial, asynchronous, with names, numbers and acknowledgements."""

import json
import uuid
from collections import Counter
from datetime import datetime, timezone

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from .models import Message

newest = Counter()


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.groups_joined = set()
        self.user = None
        await self.accept()

    async def disconnect(self, close_code):
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data):
        said = json.loads(text_data)
        await getattr(self, f"on_{said['type']}")(said)

    async def tell(self, frame):
        await self.send(text_data=json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    async def on_hello(self, said):
        self.user = {"id": str(uuid.uuid4()), "name": said["guest"]}
        await self.tell({"type": "welcome", "user": self.user})

    async def on_join(self, said):
        group = f"chat_{said['room']}"
        self.groups_joined.add(group)
        await self.channel_layer.group_add(group, self.channel_name)
        await self.tell({"type": "joined", "room": said["room"]})

    async def on_send(self, said):
        room, message_id, body = said["room"], said["id"], said["body"]
        now = datetime.now(timezone.utc)
        if settings.STORES:
            user = self.user["id"]
            await Message.objects.acreate(room=room, message_id=message_id, user=user, body=body, at=now)
        newest[room] += 1
        seq, at = newest[room], now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        frame = {"type": "message", "room": room, "seq": seq, "id": message_id, "user": self.user, "body": body, "at": at}
        await self.channel_layer.group_send(f"chat_{room}", {"type": "chat.message", "frame": frame})
        await self.tell({"type": "ack", "room": room, "id": message_id, "seq": seq, "at": at})

    async def on_ping(self, said):
        await self.tell({"type": "pong"})

    async def chat_message(self, event):
        await self.tell(event["frame"])
