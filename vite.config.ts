import { defineConfig } from 'vite';
import {
  ACTIVATION_OPTIONS,
  INITIALIZER_OPTIONS,
  LAYER_TYPES,
  LIMITS,
  LOSSES,
  NORMALIZATIONS,
  OPTIMIZER_OPTIONS,
  RUN_STATUSES,
  SCHEDULE_OPTIONS,
  ENGINES,
} from './src/schemas/index.ts';

/**
 * The form offers whatever the job's schema knows. Only names, defaults and descriptions reach the page,
 * as plain JSON written into the bundle: the schema library itself stays on the server.
 */
const vocabulary = {
  activations: ACTIVATION_OPTIONS,
  initializers: INITIALIZER_OPTIONS,
  optimizers: OPTIMIZER_OPTIONS,
  schedules: SCHEDULE_OPTIONS,
  layerTypes: LAYER_TYPES,
  losses: LOSSES,
  normalizations: NORMALIZATIONS,
  engines: ENGINES,
  statuses: RUN_STATUSES,
  limits: LIMITS,
};

export default defineConfig({
  root: 'src/dashboard',
  define: { __VOCABULARY__: JSON.stringify(vocabulary) },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // The polyfill would be an inline script, which the page's content security policy forbids.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:3000', ws: true } } },
});
