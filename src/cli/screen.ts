/** A block of lines at the bottom of a terminal that is redrawn in place, and lines that scroll away above it. */
const CLEAR_LINE = '\u001B[2K';
const up = (lines: number) => (lines > 0 ? `\u001B[${lines}A` : '');

/** The part of a terminal that it needs. */
interface Terminal {
  readonly columns?: number;
  write(text: string): unknown;
}

export class Screen {
  readonly #output: Terminal;
  #height = 0;

  constructor(output: Terminal) {
    this.#output = output;
  }

  get width(): number {
    return Math.max(20, this.#output.columns || 80);
  }

  draw(lines: readonly string[]): void {
    const below = Math.max(0, this.#height - lines.length);
    this.#output.write(
      `${up(this.#height)}${lines.map((line) => `\r${CLEAR_LINE}${line}\n`).join('')}${`\r${CLEAR_LINE}\n`.repeat(below)}${up(below)}`,
    );
    this.#height = lines.length;
  }

  /** Prints lines above the block, which is then redrawn. */
  print(line: string): void {
    this.#output.write(`${up(this.#height)}\r${CLEAR_LINE}${line}\n${this.#height > 0 ? '\u001B[J' : ''}`);
    this.#height = 0;
  }
}
