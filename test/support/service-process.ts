/**
 * The whole service in a separate process that tests can kill. It prints its port as one line of JSON once it listens,
 * and reads DATABASE_URL and DATA_DIR from the environment. A silent worker counts as dead much sooner than in
 * production, because every kill waits for that; SILENT_MS says after how long.
 */
import type { AddressInfo } from 'node:net';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { startStations } from '../../src/stations.ts';

const config = readConfig();
const logger = createLogger(config.logLevel);
const silentMs = Number(process.env['SILENT_MS'] ?? 500);
const stations = await startStations(config, logger, { queue: { heartbeatMs: 100, silentMs } });
const app = await buildApp({ config, stations, logger });
await app.listen({ host: config.host, port: 0 });
process.stdout.write(`${JSON.stringify({ port: (app.server.address() as AddressInfo).port })}\n`);
process.on('SIGTERM', () => {
  void Promise.all([app.close(), stations.stopWork()])
    .then(() => stations.close())
    .then(() => process.exit(0));
});
