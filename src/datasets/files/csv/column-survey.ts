/** What the cells of a column are, after the first of two passes. */
import type { FileProblem, ValueType } from '../../../schemas/index.ts';
import { ALL_FORMS, chooseForm, formsOf } from '../dates.ts';
import { parseBoolean, parseNumber, type CellTexts, type MissingWords, type NumberMarks } from './cells.ts';

/** A column with so many texts is one of texts; the rest of its cells need not be looked at. */
const SETTLED_TEXTS = 100;

export interface CellRules {
  marks: NumberMarks;
  texts: CellTexts;
  missing: MissingWords;
}

export interface ColumnDecision {
  type: ValueType;
  /** Of dates: the form to read them in. */
  form?: { number: number; name: string };
  note?: Omit<FileProblem, 'file'>;
}

export class ColumnSurvey {
  readonly #rules: CellRules;
  #numbers = 0;
  #texts = 0;
  #forms = ALL_FORMS;
  #areBooleans = true;
  #isSettled = false;
  #firstText: { text: string; line: number } | null = null;

  constructor(rules: CellRules) {
    this.#rules = rules;
  }

  get isEmpty(): boolean {
    return this.#numbers + this.#texts === 0;
  }

  see(bytes: Buffer, start: number, end: number, quoting: number, line: number): void {
    if (this.#isSettled || start === end) return;
    const { marks, texts, missing } = this.#rules;
    const number = parseNumber(bytes, start, end, marks);
    if (number === number) {
      if (!missing.hasNumber(number)) this.#numbers++;
      return;
    }
    const text = texts.read(bytes, start, end, quoting);
    if (missing.has(text)) return;
    this.#texts++;
    this.#firstText ??= { text, line };
    if (this.#forms !== 0) this.#forms = formsOf(text, this.#forms);
    if (this.#areBooleans) this.#areBooleans = !Number.isNaN(parseBoolean(text));
    this.#isSettled =
      this.#forms === 0 && !this.#areBooleans && this.#texts >= SETTLED_TEXTS && this.#texts > this.#numbers / 10;
  }

  decide(column: string): ColumnDecision {
    if (this.isEmpty) return { type: 'number', note: { column, message: `Column ${column} has no values.` } };
    if (this.#texts === 0) return { type: 'number' };
    if (this.#numbers > 0) return { type: 'text', ...this.#strayTexts(column) };
    if (this.#areBooleans) return { type: 'boolean' };
    const form = chooseForm(this.#forms);
    if (form === null) return { type: 'text' };
    if (form !== 'ambiguous') return { type: 'date', form };
    const message = `Column ${column} has dates such as ${this.#firstText!.text}, which could be day/month or month/day, so it is text. Write them as YYYY-MM-DD.`;
    return { type: 'text', note: { column, message } };
  }

  /** Numbers with a few words among them: more likely a mistake than a column of texts. */
  #strayTexts(column: string): { note?: Omit<FileProblem, 'file'> } {
    if (this.#isSettled || this.#texts > this.#numbers / 10) return {};
    const { text, line } = this.#firstText!;
    const count = this.#texts.toLocaleString('en'),
      all = (this.#texts + this.#numbers).toLocaleString('en');
    const message = `Column ${column} is text: ${count} of its ${all} values ${this.#texts === 1 ? 'is' : 'are'} not a number, first ${JSON.stringify(text.slice(0, 50))} on line ${line}. If that means a missing value, pass missing=${text.slice(0, 50)}.`;
    return { note: { line, column, message } };
  }
}
