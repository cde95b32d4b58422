"""Every setting, read from the environment. A value that cannot be used stops the start and names the line to set."""

from __future__ import annotations

import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from config import environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = environment.flag(env, "DEBUG")
SECRET_KEY = environment.secret_key(env)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # former keys, after a change
ALLOWED_HOSTS = environment.allowed_hosts(env)
SITE_URL = environment.site_url(env)
DEMO = environment.demo(env, ALLOWED_HOSTS, SITE_URL)
SECURE = SITE_URL.startswith("https://")

DATABASES = {"default": environment.database(env)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = environment.redis_url(env)
CACHES = environment.caches(REDIS_URL, one_process=DEBUG or DEMO)

INSTALLED_APPS = [
    "modeltranslation",  # before the admin, as its documentation asks
    "config.apps.PlatformAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # its templates, which the renderer below looks up
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "partnership.apps.PartnershipConfig",
    "projects.apps.ProjectsConfig",
    "evaluation.apps.EvaluationConfig",
    "transparency.apps.TransparencyConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.headers.StrictHeadersMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pages on a slow phone; pads its answers against BREACH
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "partnership.middleware.ProtocolMiddleware",
    "partnership.history.ActingMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "partnership.context.protocol",
            ],
            "builtins": ["partnership.templatetags.words"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Languages. The interface is written in English msgids and served in these three, never in English.
LANGUAGE_CODE = "fr"
REQUIRED_LANGUAGES = ("ar", "fr", "nl")
FURTHER_LANGUAGES: list[tuple[str, str]] = []  # optional, and never blocking: docs/further-language.md
LANGUAGES = [("ar", "العربية"), ("fr", "Français"), ("nl", "Nederlands"), *FURTHER_LANGUAGES]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
MODELTRANSLATION_LANGUAGES = tuple(code for code, _name in LANGUAGES)
MODELTRANSLATION_DEFAULT_LANGUAGE = "ar"  # the language of the act itself
# A fallback is never shown as if it were one of the three; a further language falls back on them, so that no page stands empty.
MODELTRANSLATION_ENABLE_FALLBACKS = bool(FURTHER_LANGUAGES)
MODELTRANSLATION_FALLBACK_LANGUAGES = {"default": (), **{code: ("fr", "ar", "nl") for code, _name in FURTHER_LANGUAGES}}
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False
TIME_ZONE = "UTC"  # each series and each person has a zone of their own

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000

# Mail. The outbox is its only door; see partnership/outbox.py.
vars().update(environment.email(env))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"no-reply@{SITE_URL.split('//')[1].split(':')[0]}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# People.
AUTH_USER_MODEL = "partnership.User"
AUTHENTICATION_BACKENDS = ["partnership.accounts.SessionsEndWithTheDemonstration"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",  # Argon2id
    "django.contrib.auth.hashers.ScryptPasswordHasher",  # of before; replaced as its owner signs in
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "partnership.breached.BreachedPasswordValidator"},
]
BREACHED_PASSWORDS = environment.breached_passwords(env)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "partnership.accounts.InvitationOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # nobody signs up: an address is entered by whoever appoints the person
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to addresses that nobody entered
ACCOUNT_EMAIL_NOTIFICATIONS = True  # whoever changes a password or a factor is told by mail
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",  # wrong passwords and wrong codes
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",  # nosec B105
    "reset_password": "20/m/ip,5/m/key",  # nosec B105
    "reset_password_from_key": "20/m/ip",  # nosec B105
}
ALLAUTH_TRUSTED_PROXY_COUNT = environment.trusted_proxies(env)

# The second factor. partnership/accounts.py says when it must be shown; allauth's own rule is therefore off.
MFA_ADAPTER = "partnership.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # finger, face or PIN: a passkey alone is then two factors
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off
MFA_REAUTHENTICATION_REQUIRED = False
MFA_RATE_LIMITS = {"webauthn_login": "10/m/ip"}
MFA_FORMS = {
    "authenticate": "partnership.account_forms.SignInCodeForm",
    "reauthenticate": "partnership.account_forms.AgainCodeForm",
    "activate_totp": "partnership.account_forms.SetUpAppForm",
    "login_webauthn": "partnership.account_forms.PasskeySignInForm",
    "authenticate_webauthn": "partnership.account_forms.PasskeyForm",
    "reauthenticate_webauthn": "partnership.account_forms.PasskeyAgainForm",
    "add_webauthn": "partnership.account_forms.AddPasskeyForm",
    "edit_webauthn": "partnership.account_forms.RenamePasskeyForm",
}

# Headers and cookies.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
CSRF_FAILURE_VIEW = "transparency.views.errors.csrf_failure"

# Workers. The database is the queue; Redis only rings the bell (docs/operations.md).
CELERY_BROKER_URL = REDIS_URL or None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 10,
}
CELERY_TASK_ROUTES = {"transparency.tasks.render_document": {"queue": "render"}}
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "transparency.tasks.sweep", "schedule": 60.0}}
CELERY_TIMEZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
