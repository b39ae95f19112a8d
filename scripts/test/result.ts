/** The output of result-reporter.ts, one line of JSON per event, while the tests of a suite run. */
export type ResultLine = FileLine | TestLine | OutputLine | CoverageLine | TotalsLine;

/** A file of tests begins or ends. If all run in one process, ends are not reported. */
export interface FileLine {
  readonly kind: 'start' | 'end';
  readonly entry: string;
}

export interface TestLine {
  readonly kind: 'test';
  /** The file of tests that ran it, from the project's folder. */
  readonly entry: string;
  /** Where the test is: a shared suite's file, not the one that ran it. */
  readonly file: string;
  readonly line: number;
  /** Its own name, after those of the enclosing suites. The name of a file is the file as a whole. */
  readonly names: readonly string[];
  readonly type: 'test' | 'suite' | 'file';
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  /** For a failure whose cause is not a test inside it. */
  readonly error?: string;
}

/** The output of a file, if each has a process. */
export interface OutputLine {
  readonly kind: 'output';
  readonly entry: string;
  readonly text: string;
}

export interface CoverageLine {
  readonly kind: 'coverage';
  readonly percent: number;
  /** Those with the most lines that no test runs, worst first. */
  readonly files: readonly { readonly path: string; readonly lines: readonly number[] }[];
}

/** Comes last; an interrupted run has none. */
export interface TotalsLine {
  readonly kind: 'totals';
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
