/** A thread that keeps the numbers of one run of an earlier version apart. */
import { parentPort, workerData } from 'node:worker_threads';
import { keepApart } from '../../blobs/keep-apart.ts';
import type { Adopted, AdoptionOrder } from './adoption.ts';
import { joinSpec } from './bulk.ts';

const { spec, bulk } = workerData as AdoptionOrder;
const adopted: Adopted = keepApart(await joinSpec(spec, bulk));
parentPort?.postMessage(
  adopted,
  adopted.blobs.flatMap(({ parts }) => parts.map(({ buffer }) => buffer)),
);
