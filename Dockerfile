# Sluice as a small container: Node, the program, what it runs on; no tests and no tools.
FROM node:24.21.0-bookworm-slim AS packages

WORKDIR /sluice
COPY package.json package-lock.json .npmrc ./
# Native parts (lmdb, crc32) come as packages. Install scripts would only fetch a second Node.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/node node_modules/.bin

# The board's page is static files, made once with the tools that the program itself does without.
FROM node:24.21.0-bookworm-slim AS page

WORKDIR /sluice
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY schemas schemas
COPY dashboards dashboards
RUN node dashboards/build-page.ts

FROM node:24.21.0-bookworm-slim

WORKDIR /sluice
COPY --from=packages /sluice/node_modules node_modules
COPY package.json ./
COPY schemas schemas
COPY streams streams
COPY processors processors
COPY producers producers
COPY bigquery bigquery
COPY redis-alerts redis-alerts
COPY api api
COPY otp otp
COPY dashboards/board dashboards/board
COPY --from=page /sluice/dashboards/page/built dashboards/page/built
COPY platform platform
COPY rules rules
COPY bin bin

# Everything in the image belongs to root; the program writes only to the volume. Its owner is the image's user `node`.
RUN install --directory --owner=node --group=node --mode=700 /data
VOLUME /data
USER node
ENV NODE_ENV=production SLUICE_DATA=/data/sluice SLUICE_METRICS_HOST=0.0.0.0
EXPOSE 3000 9464
ENTRYPOINT ["node", "/sluice/bin/sluice.js"]
CMD ["up"]
