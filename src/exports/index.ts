/** What leaves the service as a file: tables of metrics, runs and neurons. */
export { metricsTable, seriesTable } from './metrics-table.ts';
export { neuronsTable } from './neurons-table.ts';
export { runsTable } from './runs-table.ts';
export { fileOf, type ExportFile, type ExportTable } from './table.ts';
