// Builds everything after `npm install` and before `npm pack`. `npx relumine` in a clone also comes here, when it is used
// for the first time: it finds what was built, and a service that runs from it is not disturbed.
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const isBuilt = existsSync('dist/src/cli.js') && existsSync('dist/dashboard/index.html');
if (process.env.npm_command !== 'exec' || !isBuilt)
  for (const script of ['generate', 'build']) execSync(`npm run ${script}`, { stdio: 'inherit' });
