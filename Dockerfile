# The platform in one image: web server, worker, beat and commands all start from it.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# What WeasyPrint draws the reports with.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b libharfbuzz-subset0 fontconfig \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 10001 platform
WORKDIR /app

COPY requirements.txt ./
RUN pip install -r requirements.txt

COPY . ./
# Translations and static files belong to the image; the settings here serve this step only.
RUN python -m bin.messages compile \
    && SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
       ALLOWED_HOSTS=localhost SITE_URL=http://localhost DATABASE_URL=sqlite:////tmp/none EMAIL_URL=memorymail:// \
       python manage.py collectstatic --noinput \
    && install -d -o platform var/media

USER platform
VOLUME ["/app/var/media"]
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--no-control-socket", "--access-logfile", "-"]
