from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("territory", "0004_vehicle_names_kept_days"),
    ]

    operations = [
        migrations.AlterField(
            model_name="landmark",
            name="kind",
            field=models.CharField(
                choices=[
                    ("stop", "arrêt"),
                    ("address", "adresse"),
                    ("park", "parking-relais"),
                    ("other", "lieu"),
                ],
                default="stop",
                max_length=7,
                verbose_name="nature",
            ),
        ),
    ]
