/** Trials that several processes work on at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readJob } from '../../src/jobs/index.ts';
import { createLogger } from '../../src/logger.ts';
import { submitJob } from '../../src/queue/submit-job.ts';
import { startStations, type RunningStations } from '../../src/stations.ts';
import { isFinal, type Run } from '../../src/vocabulary/index.ts';
import { withDatabase } from '../support/database.ts';

test('several processes go on with the same trials, and each trial has one run', () =>
  withDatabase('server', async (database) => {
    const opened: RunningStations[] = [];
    const open = async (workers: number): Promise<RunningStations> => {
      const stations = await startStations({ ...database, workers }, createLogger('silent'));
      opened.push(stations);
      return stations;
    };
    try {
      const [service] = [await open(0), await open(1), await open(1)];
      const job = readJob({
        dataset: { name: 'moons', samples: 120 },
        model: { layers: [{ type: 'dense', units: 8, kernelInitializer: 'zeros' }] },
        training: { epochs: 20, seed: 1, optimizer: { type: 'adam', learningRate: 0.02 } },
      });
      assert.ok('spec' in job);
      let run: Run | null = await submitJob(service, job);
      while (run && !isFinal(run.status)) {
        await delay(50);
        run = await service.store.runs.get(run.id);
      }
      assert.equal(run?.status, 'succeeded');
      let trials = await service.trials.begin(run, { seeds: 2 });
      while (trials.status === 'running') {
        await delay(50);
        trials = (await service.trials.get(run.id)) ?? trials;
      }
      assert.equal(trials.status, 'finished');
      assert.equal(trials.progress.ended, trials.progress.total);
      const tried = [trials.untouched, ...trials.pieces.map((piece) => piece.trials)].flat();
      assert.deepEqual(
        tried.flatMap(({ runId }) => runId ?? []).toSorted(),
        trials.runs.toSorted(),
        'every run belongs to one trial',
      );
      assert.ok(trials.pieces.every(({ measured }) => measured !== undefined));
    } finally {
      for (const stations of opened.toReversed()) {
        await stations.stopWork();
        await stations.close();
      }
    }
  }));
