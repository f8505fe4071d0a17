# Rasa with its model inside (`built`); the first start of a new image publishes it into the volume
# `models`, where the institution's own trainings follow it.
# Build from the project's root: docker build -f deploy/nlu.Dockerfile .

FROM python:3.10-slim-bookworm AS trained
WORKDIR /house/nlu
COPY nlu/requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY nlu ./
RUN .venv/bin/python train.py && mv models built && mkdir models && chown 10001 models

FROM python:3.10-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin nlu
COPY --from=trained /house/nlu /house/nlu
WORKDIR /house
ENV PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1
USER 10001
EXPOSE 5005
CMD ["nlu/.venv/bin/python", "nlu/serve.py", "--host", "0.0.0.0", "--port", "5005"]
