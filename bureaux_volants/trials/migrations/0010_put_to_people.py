"""A questionnaire that a wave puts is never rewritten: a trigger refuses it, whatever the code does. And the figures of a wave, kept."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION trials_put_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.territory_id, NEW.code, NEW.version, NEW.kind, NEW.title, NEW.questions)
     IS DISTINCT FROM (OLD.territory_id, OLD.code, OLD.version, OLD.kind, OLD.title, OLD.questions)
     AND EXISTS (SELECT 1 FROM trials_wave w WHERE w.survey_id = OLD.id) THEN
    RAISE EXCEPTION 'a questionnaire put to people is never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER trials_put_stays BEFORE UPDATE ON trials_survey
  FOR EACH ROW EXECUTE FUNCTION trials_put_stays();
"""

BACKWARD = """
DROP TRIGGER trials_put_stays ON trials_survey;
DROP FUNCTION trials_put_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("trials", "0009_finding_decision")]
    operations = [
        migrations.CreateModel(
            name="WaveRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="chiffres du")),
                ("made_at", models.DateTimeField(verbose_name="calculés le")),
                ("counts", models.JSONField(verbose_name="effectifs")),
                ("figures", models.JSONField(verbose_name="chiffres")),
                (
                    "wave",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="release",
                        to="trials.wave",
                        verbose_name="vague",
                    ),
                ),
            ],
            options={"verbose_name": "chiffres d'une vague", "verbose_name_plural": "chiffres des vagues"},
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
