"""The log is append-only: a trigger refuses UPDATE and DELETE, but for anonymisation, which announces itself."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION events_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('bureaux_volants.anonymising', true) = 'on' AND TG_OP = 'UPDATE' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the event log is never rewritten' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_never_rewritten BEFORE UPDATE OR DELETE ON events_event
  FOR EACH ROW EXECUTE FUNCTION events_never_rewritten();
"""

BACKWARD = """
DROP TRIGGER events_never_rewritten ON events_event;
DROP FUNCTION events_never_rewritten();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0002_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
