"""Anonymising takes the name off an event, and leaves the fact: what happened, to what, when and from where."""

from django.db import migrations

FACT = "id, transaction, territory_id, at, origin, kind, subject_kind, subject_id"


def rewritten(allowed: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION events_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('bureaux_volants.anonymising', true) = 'on' AND TG_OP = 'UPDATE' THEN
    {allowed}
  END IF;
  RAISE EXCEPTION 'the event log is never rewritten' USING ERRCODE = 'restrict_violation';
END $$;
"""


def columns(row: str) -> str:
    return ", ".join(f"{row}.{name}" for name in FACT.split(", "))


# None of these columns is ever null, so that plain equality tells the whole.
FORWARD = rewritten(f"IF ({columns('NEW')}) = ({columns('OLD')}) THEN RETURN NEW; END IF;")
BACKWARD = rewritten("RETURN NEW;")


class Migration(migrations.Migration):
    dependencies = [("events", "0003_never_rewritten")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
