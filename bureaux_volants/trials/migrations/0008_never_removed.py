"""What was frozen, amended and drawn is not removed either, and the rest of a frozen design changes by an amendment only.

Removing is refused at the end of the transaction, and only while the trial (for a trial, its territory) is still there: a
territory that goes takes everything with it.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION trials_frozen_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.frozen_at IS NOT NULL
     AND (NEW.frozen, NEW.frozen_digest, NEW.frozen_at, NEW.seed, NEW.design, NEW.baseline_from, NEW.steps, NEW.step_weeks, NEW.guesses)
     IS DISTINCT FROM
     (OLD.frozen, OLD.frozen_digest, OLD.frozen_at, OLD.seed, OLD.design, OLD.baseline_from, OLD.steps, OLD.step_weeks, OLD.guesses) THEN
    RAISE EXCEPTION 'a frozen design is never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION trials_never_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM trials_trial WHERE id = OLD.trial_id) THEN
    RAISE EXCEPTION '% is never removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER trials_never_removed AFTER DELETE ON trials_amendment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trials_never_removed();
CREATE CONSTRAINT TRIGGER trials_never_removed AFTER DELETE ON trials_draw
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trials_never_removed();

CREATE FUNCTION trials_frozen_never_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.frozen_at IS NOT NULL AND EXISTS (SELECT 1 FROM territory_territory WHERE id = OLD.territory_id) THEN
    RAISE EXCEPTION 'a frozen trial is never removed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER trials_frozen_never_removed AFTER DELETE ON trials_trial
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trials_frozen_never_removed();
"""

BACKWARD = """
DROP TRIGGER trials_frozen_never_removed ON trials_trial;
DROP FUNCTION trials_frozen_never_removed();
DROP TRIGGER trials_never_removed ON trials_draw;
DROP TRIGGER trials_never_removed ON trials_amendment;
DROP FUNCTION trials_never_removed();
CREATE OR REPLACE FUNCTION trials_frozen_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.frozen_at IS NOT NULL AND (NEW.frozen, NEW.frozen_digest, NEW.frozen_at, NEW.seed)
     IS DISTINCT FROM (OLD.frozen, OLD.frozen_digest, OLD.frozen_at, OLD.seed) THEN
    RAISE EXCEPTION 'a frozen design is never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("trials", "0007_publication")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
