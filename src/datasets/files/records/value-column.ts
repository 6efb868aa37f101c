/** Columns of values that have a type of their own, as in JSON and Parquet: what they are, and how they are written. */
import type { FileProblem } from '../../../schemas/index.ts';
import type { BufferedColumn, ColumnPlan } from '../../table/table-writer.ts';
import { MissingWords, parseBoolean } from '../csv/cells.ts';
import { FileDamage } from '../damage.ts';
import { ALL_FORMS, chooseForm, formsOf, readDate } from '../dates.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A column as the first pass sees it. */
export class ValueColumn {
  readonly name: string;
  readonly #missing: MissingWords;
  #numbers = 0;
  #booleans = 0;
  #dates = 0;
  #texts = 0;
  #areNumberTexts = true;
  #areBooleanTexts = true;
  #forms = ALL_FORMS;
  #firstDateText = '';
  #lists = 0;
  #shape: number[] | null = null;
  #unusable: string | null = null;

  constructor(name: string, missing: MissingWords) {
    this.name = name;
    this.#missing = missing;
  }

  /** Throws FileDamage for a list of another length than before, or a list where others have a single value. */
  see(value: unknown, line: number | undefined): void {
    if (value === null || value === undefined) return;
    if (typeof value === 'number' || typeof value === 'bigint') this.#numbers++;
    else if (typeof value === 'boolean') this.#booleans++;
    else if (typeof value === 'string') this.#seeText(value);
    else if (value instanceof Date) this.#dates++;
    else if (isList(value)) this.#seeList(value, line);
    else this.#unusable ??= value instanceof Uint8Array ? 'binary data' : 'objects';
    if (this.#lists > 0 && this.#lists !== this.#values)
      throw this.#damage(line, 'has lists in some rows, and single values in others');
  }

  /** Null for a column that cannot be used, with the reason in `notes`. */
  decide(notes: FileProblem[]): { plan: ColumnPlan; write: ValueWriter } | null {
    const { name } = this;
    if (this.#unusable !== null) {
      notes.push({ column: name, message: `Column ${name} has ${this.#unusable}, so it was left out.` });
      return null;
    }
    const plan = (type: ColumnPlan['type']) => ({ name, type, width: 1 });
    if (this.#shape !== null) {
      const width = this.#shape.reduce((product, size) => product * size, 1);
      return { plan: { name, type: 'number', width, ...(width > 1 ? { shape: this.#shape } : {}) }, write: writeList };
    }
    const missing = this.#missing;
    if (this.#values === 0) {
      notes.push({ column: name, message: `Column ${name} has no values.` });
      return { plan: plan('number'), write: writeNumber(missing) };
    }
    const only = (count: number) => count === this.#values;
    if (only(this.#dates)) return { plan: plan('date'), write: writeDate(0) };
    if (only(this.#booleans) || (only(this.#texts) && this.#areBooleanTexts))
      return { plan: plan('boolean'), write: writeBoolean };
    if (only(this.#numbers + (this.#areNumberTexts ? this.#texts : 0)))
      return { plan: plan('number'), write: writeNumber(missing) };
    const form = only(this.#texts) ? chooseForm(this.#forms) : null;
    if (form !== null && form !== 'ambiguous')
      return { plan: { ...plan('date'), dateForm: form.name }, write: writeDate(form.number) };
    if (form === 'ambiguous')
      notes.push({
        column: name,
        message: `Column ${name} has dates such as ${this.#firstDateText}, which could be day/month or month/day, so it is text. Write them as YYYY-MM-DD.`,
      });
    return { plan: plan('text'), write: writeText(missing) };
  }

  get #values(): number {
    return this.#numbers + this.#booleans + this.#dates + this.#texts + this.#lists;
  }

  #seeText(text: string): void {
    if (this.#missing.has(text)) return;
    this.#texts++;
    if (this.#areNumberTexts) this.#areNumberTexts = NUMBER.test(text);
    if (this.#areBooleanTexts) this.#areBooleanTexts = !Number.isNaN(parseBoolean(text));
    if (this.#forms !== 0) {
      this.#forms = formsOf(text, this.#forms);
      this.#firstDateText ||= text;
    }
  }

  #seeList(list: ArrayLike<unknown>, line: number | undefined): void {
    const shape = shapeOf(list);
    if (shape === null) {
      this.#unusable ??= 'lists that are not of numbers, or are uneven';
      return;
    }
    this.#lists++;
    this.#shape ??= shape;
    if (shape.join() !== this.#shape.join())
      throw this.#damage(
        line,
        `has a list of ${shape.join(' x ')} values, but ${this.#shape.join(' x ')} before; lists of one column need the same length`,
      );
  }

  #damage(line: number | undefined, fault: string): FileDamage {
    const message = `${line === undefined ? '' : `Line ${line}: `}${this.name} ${fault}.`;
    return new FileDamage(message, [{ ...(line === undefined ? {} : { line }), column: this.name, message }]);
  }
}

/** Puts a value into a row of a column. */
export type ValueWriter = (value: unknown, column: BufferedColumn, row: number) => void;

const writeNumber =
  (missing: MissingWords): ValueWriter =>
  (value, { values }, row) => {
    const number = typeof value === 'number' ? value : toNumber(value);
    values[row] = missing.hasNumber(number) ? NaN : number;
  };

const writeText =
  (missing: MissingWords): ValueWriter =>
  (value, { values, dictionary }, row) => {
    const text = toText(value);
    values[row] = dictionary.add(missing.has(text) ? null : text);
  };

function toText(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean'
    ? String(value)
    : '';
}

const writeBoolean: ValueWriter = (value, { values }, row) => {
  values[row] = typeof value === 'boolean' ? Number(value) : typeof value === 'string' ? parseBoolean(value) : NaN;
};

const writeDate =
  (form: number): ValueWriter =>
  (value, { values }, row) => {
    values[row] = value instanceof Date ? value.getTime() : typeof value === 'string' ? readDate(value, form) : NaN;
  };

const writeList: ValueWriter = (value, { values, plan }, row) => {
  let at = row * plan.width;
  values.fill(NaN, at, at + plan.width);
  const put = (item: unknown) => {
    if (isList(item)) for (let i = 0; i < item.length; i++) put(item[i]);
    else values[at++] = toNumber(item);
  };
  if (value !== null && value !== undefined) put(value);
};

function toNumber(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : NaN;
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof Uint8Array));

/** Of nested lists of numbers; null if they are something else. Missing numbers are allowed. */
function shapeOf(list: ArrayLike<unknown>): number[] | null {
  if (list.length === 0) return null;
  if (!isList(list[0])) {
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (typeof item !== 'number' && typeof item !== 'bigint' && item !== null && item !== undefined) return null;
    }
    return [list.length];
  }
  const inner = shapeOf(list[0]);
  if (inner === null) return null;
  for (let i = 1; i < list.length; i++) {
    const item = list[i];
    const own = isList(item) ? shapeOf(item) : null;
    if (own === null || own.join() !== inner.join()) return null;
  }
  return [list.length, ...inner];
}
