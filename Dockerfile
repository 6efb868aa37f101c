# syntax=docker/dockerfile:1

# Named by its digest, so that the same commit gives the same image: docs/supply-chain.md. This one is Node.js 22.23.3.
ARG NODE_IMAGE=node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
# The build follows once the sources are here, so tfjs-node's is the only install script that is needed.
RUN npm ci --ignore-scripts
# tfjs-node downloads libtensorflow. Without it, the service trains with ONNX Runtime and WebAssembly.
RUN npm rebuild --foreground-scripts @tensorflow/tfjs-node || echo "tfjs-node is not available; continuing without it"
COPY . .
RUN npm run generate && npm run build
# What the image consists of, as CycloneDX.
RUN npm run --silent sbom > sbom.cdx.json
# The link to the workspace would lead nowhere in the image.
RUN npm prune --omit=dev --ignore-scripts && rm -f node_modules/relumine-client

FROM ${NODE_IMAGE}
# Nobody gets in before the first owner has registered, with the link that the first start prints.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data SET_UP=true
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./package.json
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist/src ./dist/src
COPY --from=build --chown=root:root /app/dist/dashboard ./dist/dashboard
COPY --from=build --chown=root:root /app/prisma/migrations ./prisma/migrations
COPY --from=build --chown=root:root /app/docker/healthcheck.mjs ./docker/healthcheck.mjs
COPY --from=build --chown=root:root /app/sbom.cdx.json ./sbom.cdx.json
RUN mkdir -p /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "docker/healthcheck.mjs"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["serve"]
