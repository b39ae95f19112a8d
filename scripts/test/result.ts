/** What result-reporter.ts writes, one line of JSON each, while the tests of a suite run. */
export type ResultLine = FileLine | TestLine | OutputLine | CoverageLine | TotalsLine;

/** A file of tests begins or ends. Where all run in one process, ends are not told. */
export interface FileLine {
  readonly kind: 'start' | 'end';
  readonly entry: string;
}

export interface TestLine {
  readonly kind: 'test';
  /** The file of tests that ran it, from the project's folder. */
  readonly entry: string;
  /** Where it stands: a shared suite's file, not that of the file that ran it. */
  readonly file: string;
  readonly line: number;
  /** Its own name, behind those of the suites around it. The name of a file is a file as a whole. */
  readonly names: readonly string[];
  readonly type: 'test' | 'suite' | 'file';
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  /** Of a failure whose cause is not a test inside it. */
  readonly error?: string;
}

/** What a file printed, where each has a process. */
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

/** Comes last; a run that was ended has none. */
export interface TotalsLine {
  readonly kind: 'totals';
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}
