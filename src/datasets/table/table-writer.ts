/** Takes the rows of a table one after the other, measures them, and hands them on as row groups. */
import type {
  FileProblem,
  Reading,
  ReadingLimits,
  ReadingSink,
  Table,
  TableColumn,
  TablePart,
  ValueType,
} from '../../schemas/index.ts';
import { FIRST_ROWS } from '../../schemas/table.ts';
import { LIMITS, type PreviewValue } from '../../vocabulary/index.ts';
import { Dictionary, DictionaryBudget } from './dictionary.ts';
import { CountingBudget, dateInWords, NumberProfile, profileTexts } from './profile.ts';
import { encodeRowGroup, type ColumnValues } from './row-group.ts';

/** Several threads hold a copy of a row group while it is stored, so its size counts more than once. */
const GROUP_BYTES = 1024 * 1024;
const MOST_ROWS = 65_536;
/** Of the row group's head and padding. */
const COLUMN_OVERHEAD = 24;

/** Of all first rows together. */
const PREVIEW_VALUES = 200_000;

/** What is known of a column before its values are read. */
export interface ColumnPlan {
  name: string;
  type: ValueType;
  width: number;
  shape?: number[];
  /** The file's own type is bytes, so they are held as bytes. */
  areBytes?: boolean;
  dateForm?: string;
  /** Of texts: the order of the values, if the files say one. */
  order?: readonly string[];
  suggestedRole?: 'input' | 'target';
  /** Of texts: those that are known to come, in the order of their codes. */
  dictionary?: readonly string[];
}

/** A column of the rows that are being collected. `values`: [capacity * width], to be filled by the reader. */
export interface BufferedColumn {
  readonly plan: ColumnPlan;
  /** Numbers, 0 or 1, milliseconds since 1970; NaN where missing. Of texts: what `dictionary.add` gave. */
  readonly values: Uint8Array | Uint16Array | Float64Array;
  readonly dictionary: Dictionary;
}

/** Thrown when a table has more values than a reading may have. */
export class TooManyValues extends Error {
  constructor(limit: number) {
    super(`There are more than ${limit.toLocaleString('en')} values (rows times columns).`);
    this.name = 'TooManyValues';
  }
}

export class TableWriter {
  readonly columns: BufferedColumn[];
  /** Rows that are collected and not handed on yet. */
  rows = 0;
  readonly #capacity: number;
  readonly #width: number;
  readonly #profiles: (NumberProfile | null)[];
  readonly #infinite: number[];
  readonly #limits: ReadingLimits;
  readonly #sink: ReadingSink;
  readonly #firstRows: PreviewValue[][] = [];
  readonly #parts: { name: TablePart; rows: number }[] = [];
  #total = 0;

  constructor(plans: readonly ColumnPlan[], limits: ReadingLimits, sink: ReadingSink) {
    this.#limits = limits;
    this.#sink = sink;
    this.#width = plans.reduce((sum, { width }) => sum + width, 0);
    const rowBytes = plans.reduce((sum, plan) => sum + plan.width * bytesOf(plan), 0);
    const room = Math.floor((GROUP_BYTES - COLUMN_OVERHEAD * (plans.length + 1)) / Math.max(1, rowBytes));
    this.#capacity = Math.max(1, Math.min(MOST_ROWS, room));
    const dictionaries = new DictionaryBudget(),
      counting = new CountingBudget(),
      countingTargets = new CountingBudget();
    const none = new Dictionary(dictionaries);
    this.columns = plans.map((plan) => ({
      plan,
      values: new (bufferOf(plan))(this.#capacity * plan.width),
      dictionary: plan.type === 'text' ? new Dictionary(dictionaries, plan.dictionary) : none,
    }));
    this.#profiles = plans.map(({ type, width, suggestedRole }) => {
      if (type === 'text') return null;
      return suggestedRole === 'target'
        ? new NumberProfile(type, width, countingTargets, LIMITS.units)
        : new NumberProfile(type, width, counting);
    });
    this.#infinite = plans.map(() => 0);
  }

  /** Whether `flush` has to come before the next row. */
  get isFull(): boolean {
    return this.rows === this.#capacity;
  }

  /** Rows that can be filled in at once. */
  get room(): number {
    return this.#capacity - this.rows;
  }

  /** The rows that follow are of this part. */
  startPart(name: TablePart): void {
    this.#parts.push({ name, rows: -(this.#total + this.rows) });
    const before = this.#parts.at(-2);
    if (before !== undefined) before.rows += this.#total + this.rows;
  }

  /** Hands on the collected rows. Throws TooManyValues. */
  async flush(): Promise<void> {
    if (this.rows === 0) return;
    const { rows } = this;
    if ((this.#total + rows) * this.#width > this.#limits.values) throw new TooManyValues(this.#limits.values);
    const columns = this.columns.map(({ plan, values }, i) => {
      const filled: ColumnValues = values.subarray(0, rows * plan.width);
      if (filled instanceof Float64Array) this.#infinite[i]! += dropInfinite(filled);
      this.#profiles[i]?.add(filled);
      return { width: plan.width, values: filled };
    });
    this.#keepFirstRows();
    const bytes = encodeRowGroup({ rows, columns });
    this.#total += rows;
    this.rows = 0;
    await this.#sink.onRowGroup(bytes, rows);
  }

  /** Hands on the last rows. */
  async finish(reading: Reading): Promise<Table> {
    await this.flush();
    if (this.#parts.length === 0) this.#parts.push({ name: 'train', rows: 0 });
    this.#parts.at(-1)!.rows += this.#total;
    return {
      rows: this.#total,
      parts: this.#parts,
      columns: this.columns.map((column, i) => this.#describe(column, i)),
      reading: { ...reading, notes: [...reading.notes, ...this.#notes()] },
      firstRows: this.#firstRows,
    };
  }

  #describe({ plan, dictionary }: BufferedColumn, i: number): TableColumn {
    const { name, type, width, shape, dateForm, order, suggestedRole } = plan;
    const profile = this.#profiles[i];
    return {
      name,
      type,
      width,
      ...(shape === undefined ? {} : { shape }),
      isBytes: type === 'number' && (profile?.isBytes ?? false),
      ...(type === 'text' && dictionary.texts !== null ? { dictionary: dictionary.texts } : {}),
      ...(dateForm === undefined ? {} : { dateForm }),
      ...(order === undefined ? {} : { order }),
      ...(suggestedRole === undefined ? {} : { suggestedRole }),
      profile: profile?.finish() ?? profileTexts(dictionary, this.#total),
    };
  }

  #notes(): FileProblem[] {
    return this.columns.flatMap(({ plan }, i) => {
      const count = this.#infinite[i]!;
      if (count === 0) return [];
      const message = `${count.toLocaleString('en')} ${count === 1 ? 'value is' : 'values are'} infinite and counted as missing.`;
      return [{ column: plan.name, message }];
    });
  }

  #keepFirstRows(): void {
    const most = Math.max(1, Math.min(FIRST_ROWS, Math.floor(PREVIEW_VALUES / Math.max(1, this.#width))));
    for (let row = 0; row < this.rows && this.#firstRows.length < most; row++)
      this.#firstRows.push(this.columns.map((column) => previewOf(column, row)));
  }
}

const bytesOf = ({ type, areBytes }: ColumnPlan) => (areBytes ? 1 : type === 'text' ? 2 : 8);
const bufferOf = ({ type, areBytes }: ColumnPlan) =>
  areBytes ? Uint8Array : type === 'text' ? Uint16Array : Float64Array;

function previewOf({ plan, values, dictionary }: BufferedColumn, row: number): PreviewValue {
  const first = row * plan.width;
  const numbers = Array.from(values.subarray(first, first + plan.width), (value) =>
    Number.isNaN(value) ? null : value,
  );
  if (plan.width > 1) return numbers;
  const value = numbers[0] ?? null;
  if (value === null) return null;
  switch (plan.type) {
    case 'number':
      return value;
    case 'boolean':
      return value === 1;
    case 'date':
      return dateInWords(value);
    case 'text':
      return dictionary.textOf(value);
  }
}

/** Makes infinite values missing, and returns how many there were. */
function dropInfinite(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++)
    if (values[i] === Infinity || values[i] === -Infinity) {
      values[i] = NaN;
      count++;
    }
  return count;
}
