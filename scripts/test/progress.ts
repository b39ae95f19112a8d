/** Shows what runs: on a terminal in a line that is overwritten, elsewhere now and then. */
import type { Tally } from './tally.ts';

const redrawMs = 200;
const logMs = 60_000;
const toLineStart = '\r\x1b[K';

export class Progress {
  readonly #running = new Set<Tally>();
  readonly #isTerminal = process.stdout.isTTY;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param isQuiet something else reports it */
  constructor(isQuiet: boolean) {
    if (!isQuiet) this.#timer = setInterval(() => this.#show(), this.#isTerminal ? redrawMs : logMs);
  }

  add(tally: Tally): void {
    this.#running.add(tally);
  }

  remove(tally: Tally): void {
    this.#running.delete(tally);
  }

  /** A line that stays. */
  print(line: string): void {
    console.log(this.#isTerminal ? toLineStart + line : line);
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#isTerminal) process.stdout.write(toLineStart);
  }

  #show(): void {
    const lines = [...this.#running].map((tally) => tally.progress());
    if (this.#isTerminal) process.stdout.write(toLineStart + lines.join(' | ').slice(0, process.stdout.columns - 1));
    else for (const line of lines) console.log(`   ${line}`);
  }
}
