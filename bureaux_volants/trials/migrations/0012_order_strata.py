"""The strata of a drawn order: what it is balanced over, and the stratum of each commune, neither rewritten once frozen."""

import django.contrib.postgres.fields
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION trials_order_strata_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.frozen_at IS NOT NULL AND NEW.order_strata IS DISTINCT FROM OLD.order_strata THEN
    RAISE EXCEPTION 'a frozen design is never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trials_order_strata_stay BEFORE UPDATE ON trials_trial
  FOR EACH ROW EXECUTE FUNCTION trials_order_strata_stay();

CREATE FUNCTION trials_stratum_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.stratum IS DISTINCT FROM OLD.stratum
     AND EXISTS (SELECT 1 FROM trials_trial WHERE id = OLD.trial_id AND frozen_at IS NOT NULL) THEN
    RAISE EXCEPTION 'a frozen design is never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trials_stratum_stays BEFORE UPDATE ON trials_cluster
  FOR EACH ROW EXECUTE FUNCTION trials_stratum_stays();
"""

BACKWARD = """
DROP TRIGGER trials_stratum_stays ON trials_cluster;
DROP FUNCTION trials_stratum_stays();
DROP TRIGGER trials_order_strata_stay ON trials_trial;
DROP FUNCTION trials_order_strata_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("trials", "0011_invitation_has_withdrawn")]
    operations = [
        migrations.AddField(
            model_name="cluster",
            name="stratum",
            field=models.CharField(blank=True, default="", max_length=160, verbose_name="strate"),
        ),
        migrations.AddField(
            model_name="trial",
            name="order_strata",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                blank=True,
                default=list,
                size=None,
                verbose_name="ordre équilibré selon",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
