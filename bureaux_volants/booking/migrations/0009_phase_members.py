"""Who takes part in a restricted phase is a part of the directory (see 0003_directory_version)."""

from django.db import migrations

VERSION = "floor(random() * 9000000000000000)::bigint + 2"

FORWARD = f"""
CREATE FUNCTION directory_changed_by_territory_phasemember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE territory_territory SET directory_version = {VERSION}
  WHERE id IN (SELECT p.territory_id FROM changed JOIN territory_phase p ON p.id = changed.phase_id);
  RETURN NULL;
END $$;
CREATE TRIGGER directory_insert AFTER INSERT ON territory_phasemember REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION directory_changed_by_territory_phasemember();
CREATE TRIGGER directory_update AFTER UPDATE ON territory_phasemember REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION directory_changed_by_territory_phasemember();
CREATE TRIGGER directory_delete AFTER DELETE ON territory_phasemember REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION directory_changed_by_territory_phasemember();
"""
BACKWARD = """
DROP TRIGGER directory_insert ON territory_phasemember; DROP TRIGGER directory_update ON territory_phasemember;
DROP TRIGGER directory_delete ON territory_phasemember; DROP FUNCTION directory_changed_by_territory_phasemember();
"""


class Migration(migrations.Migration):
    dependencies = [("booking", "0008_visits_and_day_capacity"), ("territory", "0008_phase_members")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
