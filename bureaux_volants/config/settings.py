"""Django's settings, made from the environment (see environment.py for the variables)."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from bureaux_volants.config import environment
from bureaux_volants.config.packages import package_directories

ENVIRONMENT = environment.read(os.environ)

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
SECRET_KEY_FALLBACKS = list(ENVIRONMENT.secret_key_fallbacks)
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.base_url]

# Read by the rooms.
BV_DEMO = ENVIRONMENT.demo
BV_BASE_URL = ENVIRONMENT.base_url
BV_TILE_URL = ENVIRONMENT.tile_url
BV_TILE_ATTRIBUTION = ENVIRONMENT.tile_attribution
BV_CALENDAR_HOSTS = ENVIRONMENT.calendar_hosts
BV_GEOCODER_URL = ENVIRONMENT.geocoder_url
BV_CONTACT_EMAIL = ENVIRONMENT.contact_email
BV_DATA_DIR = ENVIRONMENT.data_dir
BV_OFFLINE = ENVIRONMENT.offline

INSTALLED_APPS = [
    # First, so that its commands (migrate) win over Django's.
    "bureaux_volants.config",
    "bureaux_volants.web",
    "bureaux_volants.api",
    "bureaux_volants.demo",
    "bureaux_volants.charter",
    "bureaux_volants.fleet",
    "bureaux_volants.hosting",
    "bureaux_volants.trials",
    "bureaux_volants.planner",
    "bureaux_volants.keys",
    "bureaux_volants.booking",
    "bureaux_volants.travel",
    "bureaux_volants.messages",
    "bureaux_volants.events",
    "bureaux_volants.territory",
    "bureaux_volants.web.administration.app.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "ninja",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bureaux_volants.config.sessions.SessionLimitsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bureaux_volants.web.typography.TypographyMiddleware",
    "bureaux_volants.web.method_pages.MethodPagesMiddleware",
    "bureaux_volants.web.offline.signing_out.ForgetOnSignOutMiddleware",
]

ROOT_URLCONF = "bureaux_volants.config.urls"
WSGI_APPLICATION = "bureaux_volants.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# -- database ---------------------------------------------------------------------------------------------------------

# Without DATABASE_URL the command line starts the embedded server and sets the variable before this file is read.
_NO_DATABASE = {"ENGINE": "django.db.backends.postgresql", "NAME": "none", "HOST": "/nonexistent", "OPTIONS": {}}
_database: dict[str, Any] = ENVIRONMENT.database or _NO_DATABASE
_database["OPTIONS"].setdefault("application_name", "bureaux-volants")
# Threads of the server share a few connections; a pool also checks them, so that a restart of the database is survived.
if ENVIRONMENT.database:
    _database["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 16, "timeout": 10, "max_idle": 300}
_database["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "territory.Agent"

# In the database, because the limits on sign-in must hold across processes; the table is made by `bv migrate`.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

# -- language, time ---------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "français")]
TIME_ZONE = ENVIRONMENT.time_zone
USE_TZ = True
USE_I18N = True

# -- files ------------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.data_dir / "static"
# django-leaflet is here for the Leaflet it carries: its application would load GDAL, which no wheel brings.
STATICFILES_DIRS = [directory / "static" for directory in package_directories("leaflet")]
MEDIA_URL = "/media/"
MEDIA_ROOT = ENVIRONMENT.data_dir / "media"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# -- sign-in, sessions ------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "bureaux_volants.web.adapters.ClosedAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator creates accounts: the address is known to be the agent's
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # the open form writes to nobody who has no account
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if ENVIRONMENT.proxy_ssl else 0

SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# -- transport and headers --------------------------------------------------------------------------------------------

if ENVIRONMENT.https:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
if ENVIRONMENT.proxy_ssl:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

_tiles = f"https://{urlsplit(ENVIRONMENT.tile_url).netloc}" if ENVIRONMENT.tile_url else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        # Nothing, but for what is named: no frame, no font, no sound, no script that is not a file of ours.
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "img-src": [SELF, "data:", *([_tiles] if _tiles else [])],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- mail -------------------------------------------------------------------------------------------------------------

EMAIL_BACKEND = ENVIRONMENT.mail.backend
EMAIL_HOST = ENVIRONMENT.mail.host
EMAIL_PORT = ENVIRONMENT.mail.port
EMAIL_HOST_USER = ENVIRONMENT.mail.user
EMAIL_HOST_PASSWORD = ENVIRONMENT.mail.password
EMAIL_USE_TLS = ENVIRONMENT.mail.tls
EMAIL_USE_SSL = ENVIRONMENT.mail.ssl
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = str(ENVIRONMENT.mail.directory) if ENVIRONMENT.mail.directory else None
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from
EMAIL_SUBJECT_PREFIX = "[Bureaux volants] "

# -- log --------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "bureaux_volants.config.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": ENVIRONMENT.log_level},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": ENVIRONMENT.log_level, "propagate": False},
        # Every job would say that it begins and ends.
        "procrastinate": {"level": "WARNING"},
        "psycopg.pool": {"level": "ERROR"},
    },
}
