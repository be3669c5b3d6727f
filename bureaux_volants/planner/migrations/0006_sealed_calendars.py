"""Addresses of calendars leave the clear. What is sealed says so with the installation's secret: see agenda/sealing.py."""

import json

from django.db import migrations, models

from bureaux_volants.planner.agenda.sealing import CannotOpen, opened, seal


def close(apps, schema_editor):
    for link in apps.get_model("planner", "CalendarLink").objects.order_by("pk"):
        link.sealed = seal(json.dumps({"address": link.address}), link.agent_id)
        # The column goes next, but a column that goes stays in the rows on disk until they are written again.
        link.address = ""
        link.save(update_fields=["sealed", "address"])


def reopen(apps, schema_editor):
    """Back to addresses in the clear; what needs a password, or opens no longer, has to be given again."""
    for link in apps.get_model("planner", "CalendarLink").objects.order_by("pk"):
        try:
            kept = json.loads(opened(link.sealed, link.agent_id))
        except CannotOpen:
            kept = {"user": "?"}
        if kept.get("user"):
            link.delete()
        else:
            link.address = kept["address"]
            link.save(update_fields=["address"])


class Migration(migrations.Migration):

    dependencies = [
        ("planner", "0005_calendar_feeds"),
    ]

    operations = [
        migrations.AddField("calendarlink", "sealed", models.TextField(verbose_name="adresse et accès, chiffrés", default=""), preserve_default=False),
        migrations.AlterField("calendarlink", "address", models.TextField(verbose_name="adresse", default="")),
        migrations.RunPython(close, reopen),
        migrations.RemoveField("calendarlink", "address"),
    ]
