/** Jobs whose trouble is known: what goes wrong, when it counts as fixed, and what fixes it. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isObject } from '../../src/jobs/index.ts';

/**
 * `r2`: the share of the targets' variance that is explained; `acc`: of labels that are right; `recall`: of each class that
 * is found, the mean over the classes. All on the training part.
 */
export interface Success {
  metric: 'r2' | 'acc' | 'recall';
  atLeast: number;
}

export interface Case {
  name: string;
  /** The heading under which it is listed. */
  group: string;
  /** Where the report was published. */
  source: string;
  essence: string;
  /** As its author would submit it. The seed is set when it is replayed. */
  job: object;
  seeds: number[];
  success: Success;
  truth: Truth;
}
export interface Truth {
  /** Codes of the diagnosis: any of them is right. Empty for a control, with which nothing is wrong. */
  causeCodes: string[];
  /** Merge patches on the job that fix it, by name. */
  remedyPatches: Record<string, unknown>;
}

/** Every `*.json` below the folder, in order of name. A file that is only a job counts as fixed at 0.9. */
export function readCases(folder: string, group = basename(folder)): Case[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => readCase(basename(file, '.json'), group, JSON.parse(readFileSync(join(folder, file), 'utf8'))));
}

function readCase(name: string, group: string, read: unknown): Case {
  if (!isObject(read)) throw new TypeError(`${name} is not a JSON object.`);
  const {
    job,
    source = '',
    essence = '',
    seeds,
    success,
    truth,
  } = (isObject(read['job']) ? read : { job: read }) as {
    job: Record<string, unknown>;
  } & Partial<Omit<Case, 'truth'>> & { truth?: Partial<Truth> };
  const training = isObject(job['training']) ? job['training'] : {};
  return {
    name,
    group,
    source,
    essence,
    job,
    seeds: seeds ?? [Number(training['seed'] ?? 1)],
    success: success ?? { metric: isRegression(job['dataset']) ? 'r2' : 'acc', atLeast: 0.9 },
    truth: { causeCodes: truth?.causeCodes ?? [], remedyPatches: truth?.remedyPatches ?? {} },
  };
}

const isRegression = (dataset: unknown): boolean =>
  isObject(dataset) &&
  (dataset['task'] === 'regression' || dataset['name'] === 'sine' || dataset['name'] === 'absolute');
