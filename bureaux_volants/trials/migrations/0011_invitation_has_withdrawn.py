"""Whoever took everything back is asked nothing more in that trial, by later waves neither."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trials", "0010_put_to_people")]
    operations = [
        migrations.AddField(
            model_name="invitation",
            name="has_withdrawn",
            field=models.BooleanField(default=False, verbose_name="a tout retiré"),
        ),
    ]
