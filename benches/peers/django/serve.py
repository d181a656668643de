#!/usr/bin/env python3
"""Django Channels behind Daphne, set up as in the Channels tutorial: the layer in memory, SQLite as it comes."""

import argparse
import pathlib
import resource

import django
from django.conf import settings

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--listen", default="127.0.0.1:0", metavar="ADDRESS:PORT")
arguments.add_argument("--store", choices=["none", "sqlite"], default="none")
arguments.add_argument("--data", metavar="DIRECTORY", type=pathlib.Path, help="where the database is made")
given = arguments.parse_args()

settings.configure(
    INSTALLED_APPS=["chat"],
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": (given.data or pathlib.Path()) / "messages.sqlite"}
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STORES=given.store == "sqlite",
)
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from chat.consumers import ChatConsumer  # noqa: E402
from chat.models import Message  # noqa: E402
from daphne.server import Server  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import path  # noqa: E402


def main() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if settings.STORES:
        with connection.schema_editor() as editor:
            editor.create_model(Message)
    host, port = given.listen.rsplit(":", 1)

    def announce() -> None:
        print("listening on http://%s:%s" % server.listening_addresses[0], flush=True)

    endpoint = f"tcp:port={port}:interface={host}:backlog=4096"
    application = ProtocolTypeRouter({"websocket": URLRouter([path("ws", ChatConsumer.as_asgi())])})
    server = Server(application, endpoints=[endpoint], ready_callable=announce)
    server.run()


main()
