/** Reads one verdict that an earlier version stored as JSON: of a large network that takes a second. */
import { parentPort, workerData } from 'node:worker_threads';
import { packNeurons } from '../../schemas/packed-neurons.ts';
import { unpackJson } from '../postgres/database.ts';
import type { Judgement, UnpackedVerdict } from './verdicts.ts';

if (!parentPort) throw new Error('This file is the entry point of a worker thread.');
const { neurons, evidence } = await unpackJson<Judgement>(workerData as Uint8Array);
const packed = packNeurons(neurons);
parentPort.postMessage(
  { packed, evidence } satisfies UnpackedVerdict,
  packed.parts.map(({ data }) => data.buffer as ArrayBuffer),
);
