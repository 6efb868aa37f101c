/** Every case that the bench knows: public reports, smallest jobs, and those made for each cause. */
import { fileURLToPath } from 'node:url';
import { readCases, type Case } from './case.ts';
import { CONTROL_CASES } from './own/controls.ts';
import { RATE_CASES } from './own/rates.ts';
import { REPORT_CASES } from './own/reports.ts';
import { SCALE_CASES } from './own/scale.ts';
import { SHAPE_CASES } from './own/shape.ts';
import { WEIGHT_CASES } from './own/weights.ts';

export const allCases = (): Case[] => [
  ...stored('public', 'Public reports'),
  ...stored('small', 'Smallest jobs'),
  ...REPORT_CASES,
  ...RATE_CASES,
  ...WEIGHT_CASES,
  ...SCALE_CASES,
  ...SHAPE_CASES,
  ...CONTROL_CASES,
];

const stored = (folder: string, group: string): Case[] =>
  readCases(fileURLToPath(new URL(`../../../test/cases/${folder}`, import.meta.url)), group);
