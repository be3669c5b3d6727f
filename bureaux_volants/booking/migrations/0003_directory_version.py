"""Whatever changes the directory of a territory gives it a new version (booking/directory.py).

In the room that owns the last of the tables concerned, so that all of them exist.
"""

from django.db import migrations

# Table -> how its rows name their territory.
TABLES = {
    "territory_site": "SELECT territory_id FROM changed",
    "territory_closure": "SELECT territory_id FROM changed",
    "territory_phase": "SELECT territory_id FROM changed",
    "territory_commune": "SELECT territory_id FROM changed",
    "territory_organisation": "SELECT territory_id FROM changed",
    "booking_resource": "SELECT territory_id FROM changed",
    "booking_ruleset": "SELECT territory_id FROM changed",
    "territory_season": "SELECT s.territory_id FROM changed JOIN territory_site s ON s.id = changed.site_id",
    "territory_openinghours": "SELECT s.territory_id FROM changed JOIN territory_site s ON s.id = changed.site_id",
    "territory_site_open_to": "SELECT s.territory_id FROM changed JOIN territory_site s ON s.id = changed.site_id",
}

VERSION = "floor(random() * 9000000000000000)::bigint + 2"

OWN = f"""
CREATE FUNCTION directory_own_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.directory_version = OLD.directory_version THEN NEW.directory_version := {VERSION}; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER directory_own_change BEFORE UPDATE ON territory_territory
  FOR EACH ROW EXECUTE FUNCTION directory_own_change();
CREATE FUNCTION directory_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.directory_version := {VERSION};
  RETURN NEW;
END $$;
CREATE TRIGGER directory_begins BEFORE INSERT ON territory_territory
  FOR EACH ROW EXECUTE FUNCTION directory_begins();
"""


def forward() -> str:
    parts = [OWN]
    for table, territories in TABLES.items():
        parts.append(f"""
CREATE FUNCTION directory_changed_by_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE territory_territory SET directory_version = {VERSION} WHERE id IN ({territories});
  RETURN NULL;
END $$;""")
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            parts.append(f"""
CREATE TRIGGER directory_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION directory_changed_by_{table}();""")
    return "\n".join(parts)


def backward() -> str:
    parts = []
    for table in TABLES:
        parts += [f"DROP TRIGGER directory_{event} ON {table};" for event in ("insert", "update", "delete")]
        parts.append(f"DROP FUNCTION directory_changed_by_{table}();")
    parts.append(
        "DROP TRIGGER directory_own_change ON territory_territory; DROP FUNCTION directory_own_change();"
        "DROP TRIGGER directory_begins ON territory_territory; DROP FUNCTION directory_begins();"
    )
    return "\n".join(parts)


class Migration(migrations.Migration):
    dependencies = [("booking", "0002_initial")]
    operations = [migrations.RunSQL(forward(), backward())]
