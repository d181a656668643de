from django.db import models


class Message(models.Model):
    room = models.TextField()
    message_id = models.UUIDField(unique=True)
    user = models.TextField()
    body = models.TextField()
    at = models.DateTimeField()
