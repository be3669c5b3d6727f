import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trials", "0008_never_removed")]
    operations = [
        migrations.AddField(
            model_name="finding",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="findings",
                to="trials.decision",
                verbose_name="décision",
            ),
        ),
    ]
