/** What leaves the service as a file: tables of metrics, runs and neurons, and whole experiments, which come in again. */
export { importArchive } from './archive/read-archive.ts';
export { archiveOf } from './archive/write-archive.ts';
export { auditTable } from './audit-table.ts';
export { metricsTable, seriesTable } from './metrics-table.ts';
export { neuronsTable } from './neurons-table.ts';
export { runsTable } from './runs-table.ts';
export { seriesJson } from './series-json.ts';
export { fileOf, type ExportFile, type ExportTable } from './table.ts';
