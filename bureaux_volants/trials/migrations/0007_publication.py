"""What was published is kept as it was: a trigger refuses that it be rewritten (0003_never_rewritten)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER trials_written_once BEFORE UPDATE ON trials_publication
  FOR EACH ROW EXECUTE FUNCTION trials_written_once();
"""
BACKWARD = "DROP TRIGGER trials_written_once ON trials_publication;"


class Migration(migrations.Migration):
    dependencies = [
        ("trials", "0006_indicators"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(verbose_name="publié le")),
                ("package", models.BinaryField(verbose_name="archive")),
                ("digest", models.CharField(max_length=64, verbose_name="empreinte")),
                ("code_version", models.CharField(max_length=40, verbose_name="version du calcul")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                (
                    "trial",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="publication",
                        to="trials.trial",
                        verbose_name="essai",
                    ),
                ),
            ],
            options={"verbose_name": "données publiées", "verbose_name_plural": "données publiées"},
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
