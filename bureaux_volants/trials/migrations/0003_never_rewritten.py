"""What was frozen, amended and drawn is never rewritten: triggers refuse it, whatever the code does.

A territory that is removed takes its trials with it: only UPDATE of what is frozen is refused, and UPDATE of amendments and draws,
but for the name of who did it, which goes when an account is deleted.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION trials_frozen_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.frozen_at IS NOT NULL AND (NEW.frozen, NEW.frozen_digest, NEW.frozen_at, NEW.seed)
     IS DISTINCT FROM (OLD.frozen, OLD.frozen_digest, OLD.frozen_at, OLD.seed) THEN
    RAISE EXCEPTION 'a frozen design is never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trials_frozen_stays BEFORE UPDATE ON trials_trial
  FOR EACH ROW EXECUTE FUNCTION trials_frozen_stays();

CREATE FUNCTION trials_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'by_id' = to_jsonb(OLD) - 'by_id' AND NEW.by_id IS NULL THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is never rewritten', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER trials_written_once BEFORE UPDATE ON trials_amendment
  FOR EACH ROW EXECUTE FUNCTION trials_written_once();
CREATE TRIGGER trials_written_once BEFORE UPDATE ON trials_draw
  FOR EACH ROW EXECUTE FUNCTION trials_written_once();
"""

BACKWARD = """
DROP TRIGGER trials_written_once ON trials_draw;
DROP TRIGGER trials_written_once ON trials_amendment;
DROP FUNCTION trials_written_once();
DROP TRIGGER trials_frozen_stays ON trials_trial;
DROP FUNCTION trials_frozen_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("trials", "0002_steps")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
