"""TRUNCATE passes no trigger of rows: one of its own refuses it. Only the log of a demonstration is forgotten, whole, by
whoever says so first; where a territory is real, nobody is let through. A log without a line has nothing to forget."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION events_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM events_event) THEN
    RETURN NULL;
  END IF;
  IF current_setting('bureaux_volants.forgetting_demonstration', true) = 'on'
     AND NOT EXISTS (SELECT FROM territory_territory WHERE NOT is_demonstration) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'the event log is never emptied' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_never_emptied BEFORE TRUNCATE ON events_event
  FOR EACH STATEMENT EXECUTE FUNCTION events_never_emptied();
"""

BACKWARD = """
DROP TRIGGER events_never_emptied ON events_event;
DROP FUNCTION events_never_emptied();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0004_names_only"), ("territory", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
