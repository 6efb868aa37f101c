/** The options of POST /v1/datasets that say how a file is read, as the form offers them. */
import { damageLine, type Damage } from './damage.ts';

/** How the service shall read the files: parameters of POST /v1/datasets, absent ones are guessed. */
export type UploadOptions = Readonly<Record<string, string>>;

export interface ReadingField {
  /** As the service calls it. */
  name: string;
  label: string;
  /** The values to choose from, with their words; absent: a text is typed. */
  choices?: readonly (readonly [value: string, words: string])[];
  hint?: string;
}

export const CSV_FIELDS: readonly ReadingField[] = [
  {
    name: 'delimiter',
    label: 'Values are separated by',
    choices: [
      [',', 'comma'],
      [';', 'semicolon'],
      ['\t', 'tab'],
      ['|', 'vertical bar'],
      [' ', 'space'],
    ],
  },
  {
    name: 'decimal',
    label: 'Decimals follow a',
    choices: [
      ['.', 'point'],
      [',', 'comma'],
    ],
  },
  {
    name: 'header',
    label: 'First row',
    choices: [
      ['true', 'names of the columns'],
      ['false', 'values'],
    ],
  },
  { name: 'missing', label: 'Words for missing values', hint: 'Separated by commas; an empty cell is always missing' },
];

export const IMAGE_FIELDS: readonly ReadingField[] = [
  { name: 'width', label: 'Width of images in pixels', hint: 'All images are resized to it' },
  { name: 'height', label: 'Height of images in pixels' },
  {
    name: 'channels',
    label: 'Colours',
    choices: [
      ['1', 'grey'],
      ['3', 'red, green and blue'],
    ],
  },
];

/** A guessed value in the words of its field: `semicolon`. */
export function inWords({ choices }: ReadingField, value: unknown): string {
  const text = Array.isArray(value) ? value.join(', ') : isPlain(value) ? String(value) : '';
  return choices?.find(([choice]) => choice === text)?.[1] ?? text;
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Without the fields that were left open. */
export const optionsIn = (given: Record<string, string>): UploadOptions =>
  Object.fromEntries(
    Object.entries(given).filter(([, value]) => value.trim() !== '' || value === '\t' || value === ' '),
  );

/** How a file was read: what was guessed, and what was given. */
export function describeReading(reading: Record<string, unknown>): { label: string; value: string }[] {
  return [...CSV_FIELDS, ...IMAGE_FIELDS].flatMap((field) => {
    const value = inWords(field, reading[field.name]);
    return value ? [{ label: field.label, value }] : [];
  });
}

/** What was mended while reading, or is worth a look. */
export function notesIn(reading: Record<string, unknown>): string[] {
  const { notes = [] } = reading as { notes?: (Damage & { file?: string })[] };
  return notes.map(({ file, ...note }) => damageLine(file === undefined ? note : { ...note, path: file }));
}
