/** kill -9 of the service and its workers at random moments, while runs are submitted, trained, changed and deleted. */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../../src/random.ts';
import { isFinal, type DatasetInfo, type List, type Run } from '../../../src/vocabulary/index.ts';
import { Client } from '../harness/client.ts';
import { job } from '../harness/result.ts';
import { Runs } from '../harness/runs.ts';
import type { ServiceProcess } from '../harness/service-process.ts';
import type { Tally } from '../harness/tally.ts';
import { World } from '../harness/world.ts';
import { rounds, type TroubleOptions } from './trouble.ts';

/** In the long mode, on each database. */
const KILLS = { embedded: 1000, server: 200 };
/** A process is killed at a random moment within this time after it is ready, or after something was told. */
const LONGEST_LIFE_MS = 800;
const SECONDS = 3;
const LIVE_RUNS = 2;
/** A run that gets no further for ten attempts fails. On a busy machine one that has not for so many kills is waited for. */
const MOST_KILLS = 5;
const LIVE_PATIENCE_MS = 60_000;
const LONGEST_END_MS = 180_000;
const ROWS = 2000;

export async function kills(options: TroubleOptions): Promise<void> {
  const { database, createDatabase, tally, seed } = options;
  const world = await World.open({ database, databaseUrl: await createDatabase(), tally });
  try {
    const random = new Random(seed, 'drawing', 1);
    const client = new Client(world);
    const runs = new Runs(client, world);
    let service = await world.serve();
    const expected = await runs.reference(job('', SECONDS));
    // With a server, another process trains too, and takes over what the first one leaves.
    let worker = database === 'server' ? world.spawn('worker') : null;

    let isOver = false;
    const people = Promise.all([
      keepBusy(runs, () => isOver),
      meddle(client, runs, tally, new Random(seed, 'drawing', 2), () => isOver),
    ]);
    let done = 0;
    for (const round of rounds(options, KILLS[database])) {
      done = round + 1;
      const alive = runs.witnesses.filter(({ hasEnded }) => !hasEnded);
      const behind = alive.filter(({ kills }) => kills >= MOST_KILLS);
      // Alternately when a run has got further, and at a random moment of the service's start.
      if (behind.length > 0) await atMost(Promise.all(behind.map((one) => one.next())));
      else if (round % 2 === 1 && alive.length > 0) await atMost(Promise.race(alive.map((one) => one.next())));
      await delay(random.uniform() * LONGEST_LIFE_MS);
      for (const one of alive) one.noteKill();
      if (worker && random.uniform() < 0.5) {
        await worker.end('SIGKILL');
        worker = world.spawn('worker');
        continue;
      }
      await service.end('SIGKILL');
      service = await restart(world, random, round);
    }
    isOver = true;
    await people;
    await runs.end(LONGEST_END_MS);
    await runs.check(expected);
    tally.noteLoop(await service.loopDelay());
    tally.tried = `${done} kills, ${runs.witnesses.length} runs to their ends`;
  } finally {
    await world.close();
  }
}

const atMost = (work: Promise<unknown>): Promise<unknown> => Promise.race([work, delay(LIVE_PATIENCE_MS)]);

/** Some starts are killed too. */
async function restart(world: World, random: Random, round: number): Promise<ServiceProcess> {
  if (round % 4 === 2) {
    const unfinished = world.spawn('serve');
    await delay(random.uniform() * LONGEST_LIFE_MS);
    await unfinished.end('SIGKILL');
  }
  return world.serve();
}

/** There is always something that trains. */
async function keepBusy(runs: Runs, isOver: () => boolean): Promise<void> {
  for (let count = 0; !isOver();) {
    if (runs.witnesses.filter(({ hasEnded }) => !hasEnded).length < LIVE_RUNS)
      await runs.watch({ ...job('', SECONDS), name: `watched ${count++}` });
    else await delay(50);
  }
}

/** Whatever else people do, one thing after another, each until it is answered; then it has to be so. */
async function meddle(client: Client, runs: Runs, tally: Tally, random: Random, isOver: () => boolean): Promise<void> {
  const acts = [pauseAndResume, cancelOne, deleteOne, label, upload];
  for (let count = 0; !isOver(); count++) {
    await acts[random.below(acts.length)]!(client, runs, tally, count);
    await delay(random.uniform() * 200);
  }
}

type Act = (client: Client, runs: Runs, tally: Tally, count: number) => Promise<void>;

const runOf = (client: Client, id: string): Promise<Run> => client.get<Run>(`/v1/runs/${id}`);

/** It goes on as if it had never been paused. */
const pauseAndResume: Act = async (client, runs) => {
  const witness = runs.witnesses.find(({ hasEnded }) => !hasEnded);
  if (!witness) return;
  await client.insist({ method: 'POST', path: `/v1/runs/${witness.runId}/pause` });
  const { status } = await runOf(client, witness.runId);
  if (status === 'paused') await client.insist({ method: 'POST', path: `/v1/runs/${witness.runId}/resume` });
};

const cancelOne: Act = async (client, runs, tally, count) => {
  const id = await runs.submit({ ...job('', SECONDS), name: `cancelled ${count}` });
  await client.insist({ method: 'POST', path: `/v1/runs/${id}/cancel` });
  const { status } = await runOf(client, id);
  if (!isFinal(status)) tally.add('lost', `run ${id} was cancelled, and is ${status}`);
};

const deleteOne: Act = async (client, runs, tally, count) => {
  const name = `deleted ${count}`;
  const id = await runs.submit({ ...job('', 0.1), name });
  await client.insist({ method: 'POST', path: `/v1/runs/${id}/cancel` });
  const answer = await client.insist({ method: 'DELETE', path: `/v1/runs/${id}` });
  if (answer?.status !== 204 && answer?.status !== 404) return;
  runs.forget(name);
  const after = await client.insist({ method: 'GET', path: `/v1/runs/${id}` });
  if (after?.status !== 404) tally.add('lost', `run ${id} was deleted, and answers ${after?.status}`);
};

const label: Act = async (client, runs, tally, count) => {
  const witness = runs.witnesses.at(-1);
  if (!witness) return;
  const notes = `note ${count}`;
  await client.insist({ method: 'PATCH', path: `/v1/runs/${witness.runId}`, json: { notes } });
  const run = await runOf(client, witness.runId);
  if (run.notes !== notes) tally.add('lost', `the notes of ${witness.runId}, which were answered, are ${run.notes}`);
};

const upload: Act = async (client, _runs, tally, count) => {
  const name = `uploaded ${count}`;
  const content = `x,y\n${Array.from({ length: ROWS }, (_, row) => `${row * 0.5},${row * 0.25}\n`).join('')}`;
  const path = `/v1/datasets?name=${encodeURIComponent(name)}`;
  const answer = await client.insist({ method: 'POST', path, body: { type: 'text/csv', content }, key: name });
  if (answer?.status !== 201) {
    tally.add('lost', `${answer?.status} to an upload: ${answer?.body.toString().slice(0, 200)}`);
    return;
  }
  const { data } = await client.get<List<DatasetInfo>>('/v1/datasets');
  const found = data.filter((one) => one.name === name);
  if (found.length === 0) tally.add('lost', `data set ${name}`);
  if (found.length > 1) tally.add('doubled', `${found.length} data sets of one key, ${name}`);
  if (found.some(({ samples }) => samples !== ROWS))
    tally.add('changed', `data set ${name} has ${found[0]?.samples} rows`);
};
