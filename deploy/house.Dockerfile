# One image for web, worker and cron: the same code, started by different commands.
# Build from the project's root: docker build -f deploy/house.Dockerfile .

FROM python:3.11-slim-bookworm AS libraries
COPY requirements.lock .
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM node:22-slim AS assets
WORKDIR /web/assets
COPY backend/web/assets/package.json backend/web/assets/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY backend/web/assets/copy.mjs ./
RUN node copy.mjs

FROM python:3.11-slim-bookworm
# Pango is what lays out the PDFs.
RUN apt-get update && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin house \
    && install -d -o house /var/lib/house
COPY --from=libraries /opt/venv /opt/venv
WORKDIR /house
COPY pyproject.toml ./
COPY deploy/gunicorn.py deploy/
COPY migrations migrations
COPY backend backend
COPY bot bot
COPY --from=assets /web/static/vendor backend/web/static/vendor
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/house \
    WEB_HOST=0.0.0.0
USER 10001
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.py", "bot.app:application"]
