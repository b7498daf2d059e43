# Habeas in one image; the command says which process: `api`, `worker`, or any other of `habeas --help`.
# Debian, not Alpine: the Temporal core is a native library for glibc.

FROM node:20-bookworm-slim AS build
WORKDIR /src
# The set-up is not run here: it would bring servers for demo and tests, which have no place in this image.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:20-bookworm-slim AS packages
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 habeas \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin habeas \
  && install -d -o 10001 -g 10001 -m 0700 /var/lib/habeas /var/lib/habeas/keys
WORKDIR /app
ENV NODE_ENV=production
COPY --from=packages /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY policies ./policies
# Owned by root and never written to: the process runs as somebody who cannot change the program.
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["node", "/app/bin/habeas.mjs"]
CMD ["api"]
