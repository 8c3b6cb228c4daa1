# docker build --tag easel .                                                      for CPUs
# docker build --tag easel --build-arg TORCH_INDEX=https://pypi.org/simple --build-arg PACKAGES='gcc libc6-dev' .   with CUDA
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python3 -m venv /opt/easel
ENV PATH=/opt/easel/bin:$PATH PIP_CONSTRAINT=/source/constraints.txt PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY constraints.txt ./
# hadolint ignore=DL3013
RUN pip install --no-deps --index-url "${TORCH_INDEX}" torch
COPY . .
# As `make install` does; what it says of the two packages of model definitions holds here too.
# hadolint ignore=DL3013
RUN pip install setuptools \
    && pip install --no-build-isolation '.[nvidia,postgres]' \
    && pip install --no-deps --no-build-isolation --use-pep517 openai-clip taming-transformers

FROM ${BASE}
# Of Debian's: with CUDA a C compiler, by which Triton makes kernels.
ARG PACKAGES=
# hadolint ignore=DL3008,SC2086
RUN if [ -n "${PACKAGES}" ]; then \
        apt-get update && apt-get install --yes --no-install-recommends ${PACKAGES} && rm -rf /var/lib/apt/lists/*; \
    fi
RUN groupadd --gid 10001 easel \
    && useradd --uid 10001 --gid easel --home-dir /var/lib/easel --no-create-home --shell /usr/sbin/nologin easel \
    && install --directory --owner easel --group easel --mode 700 /var/lib/easel
COPY --from=build /opt/easel /opt/easel
ENV PATH=/opt/easel/bin:$PATH EASEL_DATA_DIR=/var/lib/easel EASEL_METRICS__PORT=9464
USER 10001:10001
# The only place that is written to: settings, the token of `easel setup`, pictures, requests, weights.
WORKDIR /var/lib/easel
VOLUME /var/lib/easel
EXPOSE 9464
HEALTHCHECK --start-period=5m --interval=30s --timeout=10s CMD ["python3", "-c", "\
import http.client, os, sys; \
bot = http.client.HTTPConnection('127.0.0.1', int(os.environ['EASEL_METRICS__PORT']), timeout=5); \
bot.request('GET', '/healthz'); \
answer = bot.getresponse(); \
print(answer.read().decode()); \
sys.exit(answer.status != 200)"]
ENTRYPOINT ["easel"]
CMD ["run"]
