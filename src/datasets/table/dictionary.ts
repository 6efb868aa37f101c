/** The different texts of a column, numbered from 1 in order of first appearance, with their counts. */
import { FIRST_ROWS } from '../../schemas/table.ts';

const PREVIEW_CHARACTERS = 500;
const DICTIONARY_SIZE = 10_000;
/** Characters of one dictionary, and of all dictionaries of a table together, which bounds the memory. */
const DICTIONARY_CHARACTERS = 2_000_000;
const ALL_CHARACTERS = 8_000_000;

/** How many characters the dictionaries of a table may still keep. */
export class DictionaryBudget {
  #left = ALL_CHARACTERS;

  take(characters: number): boolean {
    this.#left -= characters;
    return this.#left >= 0;
  }
  giveBack(characters: number): void {
    this.#left += characters;
  }
}

export class Dictionary {
  missing = 0;
  readonly #budget: DictionaryBudget;
  #codes = new Map<string, number>();
  #texts: string[] = [];
  #counts: number[] = [];
  #characters = 0;
  #isFull = false;
  /** The first texts stay known, for a preview. */
  readonly #first: string[] = [];

  /** `known` texts have the first codes, whatever their number and length. */
  constructor(budget: DictionaryBudget, known: readonly string[] = []) {
    this.#budget = budget;
    for (const text of known) this.#append(text, 0);
  }

  /** Null once there were too many. */
  get texts(): string[] | null {
    return this.#isFull ? null : this.#texts;
  }
  /** Rows by value, in the order of `texts`. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** The text of a code; null where it is missing or was dropped. */
  textOf(code: number): string | null {
    return this.#texts[code - 1] ?? this.#first[code - 1] ?? null;
  }

  /** The code of the text, which is counted; 0 for a missing one, and for all once there were too many. */
  add(text: string | null): number {
    if (text === null) {
      this.missing++;
      return 0;
    }
    if (this.#isFull) return 0;
    const known = this.#codes.get(text);
    if (known !== undefined) {
      this.#counts[known - 1]!++;
      return known;
    }
    this.#characters += text.length;
    if (
      this.#texts.length === DICTIONARY_SIZE ||
      this.#characters > DICTIONARY_CHARACTERS ||
      !this.#budget.take(text.length)
    ) {
      this.#drop();
      return 0;
    }
    this.#append(text, 1);
    return this.#texts.length;
  }

  #append(text: string, count: number): void {
    this.#texts.push(text);
    if (this.#first.length < FIRST_ROWS) this.#first.push(text.slice(0, PREVIEW_CHARACTERS));
    this.#counts.push(count);
    this.#codes.set(text, this.#texts.length);
  }

  #drop(): void {
    this.#budget.giveBack(this.#characters);
    this.#isFull = true;
    this.#codes = new Map();
    this.#texts = [];
    this.#counts = [];
  }
}
