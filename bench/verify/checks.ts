/** All checks, in the order of their numbers. */
import { bornDeadChecks } from './born-dead.ts';
import type { Check } from './check.ts';
import { closedFormChecks } from './closed-forms.ts';
import { collapseChecks } from './collapse-checks.ts';
import { definitionChecks } from './definition-checks.ts';
import { detectorCheck } from './detectors/detector-check.ts';
import { signalChecks } from './signal-checks.ts';

const numberOf = ({ id }: Check): number => Number(id.slice(1));

const numbered = [
  ...bornDeadChecks,
  ...collapseChecks,
  ...closedFormChecks,
  ...signalChecks,
  ...definitionChecks,
].toSorted((a, b) => numberOf(a) - numberOf(b));

export const checks: readonly Check[] = [...numbered, detectorCheck];
