import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ended, startService } from '../support/service.ts';

const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

test('relumine try measures the advice, and relumine take submits the best piece', async () => {
  const service = await startService({ trains: true });
  try {
    const relumine = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)(process.execPath, [CLI, ...args, '--url', service.url])).stdout;
    const { client } = service;
    const { id } = await client.submit({
      dataset: { name: 'moons', samples: 400 },
      model: { layers: [{ type: 'dense', units: 16, kernelInitializer: 'zeros' }] },
      training: { epochs: 40, seed: 1, optimizer: { type: 'adam', learningRate: 0.02 } },
    });
    await ended(service, id);

    const out = await relumine('try', 'latest', '--advice', 'heInitialization', '--seeds', '2');
    assert.match(out, /^░+  0 of 4 trials  running\n(.*\n)*█+  4 of 4 trials  finished\n/);
    assert.match(out, /^He initialization +fixed 2 of 2 +validation loss \S+ -> \S+ +better with every seed$/m);
    assert.match(out, /^untouched +fixed 0 of 2$/m);
    assert.match(out, /relumine take latest\n$/);
    await assert.rejects(relumine('try', 'latest', '--advice', 'selu'), /selu is not advised for this run/);

    const taken = await relumine('take', 'latest');
    const [child] = (await client.listPage({ limit: 1 })).data;
    assert.ok(child && taken.startsWith(child.id), taken);
    assert.match(taken, /^kernel of layer 1: zeros -> heNormal$/m);
    assert.equal(child.parentId, id);
  } finally {
    await service.remove();
  }
});
