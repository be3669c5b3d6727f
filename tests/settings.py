"""The product's settings, for tests: a demonstration without mail, whatever the environment of whoever runs them."""

import atexit
import os
import shutil
import tempfile

#: What tests themselves read: what must be there, and where veraPDF is.
_OF_TESTS = ("BV_REQUIRE_BROWSER", "BV_REQUIRE_BROKER", "BV_VERAPDF")
for _name in [name for name in os.environ if name.startswith("BV_") and name not in _OF_TESTS]:
    del os.environ[_name]
os.environ["BV_DEMO"] = "1"
os.environ["BV_SECRET_KEY"] = "tests-only"
os.environ["BV_LOG_LEVEL"] = "WARNING"
os.environ["BV_DATA_DIR"] = _directory = tempfile.mkdtemp(prefix="bv-tests-")
atexit.register(shutil.rmtree, _directory, ignore_errors=True)

from bureaux_volants.config.settings import *  # noqa: E402, F403

# A pool would keep connections to databases that the tests drop.
DATABASES["default"]["OPTIONS"].pop("pool", None)  # noqa: F405
DATABASES["default"]["CONN_HEALTH_CHECKS"] = False  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {  # the manifest exists only after collectstatic
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
