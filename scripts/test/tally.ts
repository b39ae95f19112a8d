/** The state of one suite while it runs, and its report. */
import type { CoverageLine, ResultLine, TestLine, TotalsLine } from './result.ts';

/** Length of a failed file's output tail that is shown, characters. */
const shownOutput = 4000;
/** Number of file names that fit into a line. */
const shownFiles = 3;

export class Tally {
  readonly name: string;
  readonly tests: TestLine[] = [];
  readonly #files: number;
  readonly #isOneProcess: boolean;
  readonly #output = new Map<string, string>();
  readonly #running = new Set<string>();
  #begun = 0;
  #coverage: CoverageLine | undefined;
  #totals: TotalsLine | undefined;
  #problem: string | undefined;

  constructor(name: string, files: number, isOneProcess: boolean) {
    this.name = name;
    this.#files = files;
    this.#isOneProcess = isOneProcess;
  }

  add(line: ResultLine): void {
    if (line.kind === 'start') this.#start(line.entry);
    if (line.kind === 'end') this.#running.delete(line.entry);
    if (line.kind === 'test') this.tests.push(line);
    if (line.kind === 'output') {
      this.#output.set(line.entry, ((this.#output.get(line.entry) ?? '') + line.text).slice(-shownOutput));
    }
    if (line.kind === 'coverage') this.#coverage = line;
    if (line.kind === 'totals') this.#totals = line;
  }

  #start(entry: string): void {
    if (this.#running.has(entry)) return;
    if (this.#isOneProcess) this.#running.clear();
    this.#running.add(entry);
    this.#begun += 1;
  }

  /** @param exit that of the run, or `time limit` */
  end(exit: string, output: string): void {
    if (exit === '0' || (this.#totals?.failed ?? 0) > 0) return;
    const left = [...this.#running].join(', ') || 'no file';
    const why = exit === 'time limit' ? `it ran into its time limit; running: ${left}` : `exit ${exit}`;
    this.#problem = [`${why}`, this.#coverageText(), output.trim()].filter((text) => text !== '').join('\n');
  }

  #coverageText(): string {
    if (this.#coverage === undefined) return '';
    const files = this.#coverage.files.map(({ path, lines }) => `  ${path}: no test runs lines ${lines.join(' ')}`);
    return [`${this.#coverage.percent.toFixed(2)} % of the lines are covered`, ...files].join('\n');
  }

  get counts(): Readonly<Record<'passed' | 'failed' | 'skipped', number>> {
    const count = (outcome: TestLine['outcome']): number =>
      this.tests.filter((each) => each.type !== 'suite' && each.outcome === outcome).length;
    const { passed, failed, skipped } = this.#totals ?? {
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped'),
    };
    return { passed, failed: failed + (this.#problem === undefined ? 0 : 1), skipped };
  }

  /** `wire 12/47 files, 230 passed: abuse, retries` */
  progress(): string {
    const { passed, failed } = this.counts;
    const running = [...this.#running].map((path) => path.replace(/^.*\/|\.test\.ts$/g, ''));
    const names = running.slice(0, shownFiles).join(', ');
    const faults = failed > 0 ? `, ${failed} failed` : '';
    return `${this.name} ${this.#begun - running.length}/${this.#files} files, ${passed} passed${faults}: ${names}`;
  }

  /** Each as a separate text: where, what, why. */
  failures(): readonly string[] {
    const failed = this.tests.filter(({ outcome, error }) => outcome === 'failed' && error !== undefined);
    const entries = new Set(failed.map(({ entry }) => entry));
    const texts = [...entries].flatMap((entry) => {
      const output = this.#output.get(entry)?.trimEnd() ?? '';
      const printed = output === '' ? [] : [`${entry} printed last:\n${indent(output)}`];
      return [...failed.filter((each) => each.entry === entry).map(failureText), ...printed];
    });
    return this.#problem === undefined ? texts : [...texts, `${this.name}: ${this.#problem}`];
  }
}

function failureText({ file, line, entry, names, error = '' }: TestLine): string {
  const by = entry === file ? '' : ` (by ${entry})`;
  return `${file}:${line}${by}\n  ${names.join(' › ')}\n${indent(error)}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
