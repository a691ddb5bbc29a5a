# The image of Otto: operator, runner and CLI in one.
#
# Two ways to build it, with the same stages:
#   docker build -t otto .           from a checkout: installs and compiles in the `build` stage (needs a network)
#   hack/image/main.ts otto          from a folder that it has staged: `rootfs/` is in the build context already, so
#                                    nothing is installed or compiled here and no network is needed. With Docker or
#                                    Podman where an engine answers, else with buildah on a base made by mmdebstrap.
#
# BASE  a Debian with apt, or one that has git, ssh, CA certificates and busybox already
# NODE  an image with Node 24 and npm, for the first way only; the Node that ships is the npm package `node`
ARG BASE=docker.io/library/debian:bookworm-slim
ARG NODE=docker.io/library/node:24-bookworm-slim

FROM ${NODE} AS build
WORKDIR /src
COPY . .
RUN if [ ! -d rootfs ]; then \
      set -e; \
      apt-get update; apt-get install -y --no-install-recommends binutils; \
      node hack/bootstrap.mjs hack/image/main.ts stage rootfs; \
    fi

FROM ${BASE} AS system
COPY --from=build /src/hack/image/trim.sh /trim.sh
RUN if [ ! -x /usr/bin/git ] || [ ! -x /usr/bin/ssh ] || [ ! -x /bin/busybox ]; then \
      set -e; \
      apt-get update; \
      apt-get install -y --no-install-recommends git openssh-client ca-certificates busybox-static libstdc++6 libnss-wrapper; \
      sh /trim.sh /; \
    fi; \
    rm -f /trim.sh

FROM scratch
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Otto" \
      org.opencontainers.image.description="Continuous delivery whose pipelines are Kubernetes resources" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    LANG=C.UTF-8 \
    HOME=/tmp \
    NODE_ENV=production
# The default of stage pods; any other uid works as well.
USER 1000:1000
ENTRYPOINT ["/otto/bin/otto"]
CMD ["operator"]
# What changes most comes last; copying from `system` makes one layer without what was deleted there.
COPY --from=system / /
COPY --from=build /src/rootfs/runtime/ /
COPY --from=build /src/rootfs/app/ /
