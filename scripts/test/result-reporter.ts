/** A reporter for `node --test` that writes each result as it comes, so that an interrupted run has results, too. */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import type { CoverageLine, ResultLine } from './result.ts';

type Completed = Extract<TestEvent, { type: 'test:complete' }>['data'];
type Covered = Extract<TestEvent, { type: 'test:coverage' }>['data']['summary'];

interface Placed {
  readonly name: string;
  readonly file?: string | undefined;
  /** Missing in Node's types: the file that was run. `file` is the one that contains the test. */
  readonly entryFile?: string;
  /** Unique in a process. */
  readonly testId?: number;
  /** 0: none. */
  readonly parentId?: number | undefined;
}

const OWN_CALL = /\n +at .*\bnode:(internal\/test_runner|async_hooks).*(?= \{$|$)/gm;
/** Files named when the coverage is too low. */
const coverageFiles = 5;

export default async function* results(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tests = new Map<string, Placed>();
  for await (const event of events) {
    for (const line of linesOf(event, tests)) yield `${JSON.stringify(line)}\n`;
  }
}

function* linesOf(event: TestEvent, tests: Map<string, Placed>): Generator<ResultLine> {
  if (event.type === 'test:enqueue') tests.set(keyOf(event.data), event.data);
  if (event.type === 'test:dequeue' && event.data.nesting === 0) yield { kind: 'start', entry: entryOf(event.data) };
  if (event.type === 'test:stdout' || event.type === 'test:stderr') {
    yield { kind: 'output', entry: entryOf(event.data as unknown as Placed), text: event.data.message };
  }
  if (event.type === 'test:complete') yield* testLine(event.data, tests);
  if (event.type === 'test:coverage') yield coverageLine(event.data.summary);
  // With a process per file each file has a summary too; the one without a file is the whole run's.
  if (event.type === 'test:summary' && event.data.file === undefined) {
    const { tests: all, passed, skipped, todo } = event.data.counts;
    // The rest failed or was cancelled.
    yield { kind: 'totals', passed, failed: all - passed - skipped - todo, skipped: skipped + todo };
  }
}

function* testLine(data: Completed, tests: ReadonlyMap<string, Placed>): Generator<ResultLine> {
  const { file, line, nesting, details, skip, todo } = data;
  if (file === undefined) return;
  const names = namesOf(data, tests);
  const isFile = nesting === 0 && isPathOf(data.name, file);
  if (isFile) yield { kind: 'end', entry: entryOf(data) };
  const error = details.passed ? undefined : details.error;
  const isOfInner = (error as { failureType?: string } | undefined)?.failureType === 'subtestsFailed';
  // A file as a whole matters only if it broke outside its tests.
  if (isFile && (details.passed || isOfInner)) return;
  yield {
    kind: 'test',
    entry: entryOf(data),
    file: relative('.', file),
    line: line ?? 0,
    names,
    type: isFile ? 'file' : details.type === 'suite' ? 'suite' : 'test',
    // `t.skip('why')` gives the reason, `t.skip()` an empty one.
    outcome: isSet(skip) || isSet(todo) ? 'skipped' : details.passed ? 'passed' : 'failed',
    ms: Math.round(details.duration_ms),
    ...(error !== undefined && !isOfInner && { error: describe(error) }),
  };
}

function namesOf(data: Placed, tests: ReadonlyMap<string, Placed>): readonly string[] {
  const outer = tests.get(keyOf({ ...data, testId: data.parentId ?? 0 }));
  return outer === undefined || data.parentId === 0 ? [data.name] : [...namesOf(outer, tests), data.name];
}

function keyOf({ entryFile, testId }: Placed): string {
  return `${entryFile} ${testId}`;
}

function entryOf({ entryFile, file }: Placed): string {
  return relative('.', entryFile ?? file ?? '.');
}

function isPathOf(name: string, file: string): boolean {
  return name.endsWith('.ts') && file.endsWith(name);
}

function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

/** The error of the test, without the runner's wrapper, which only says where it called the test. */
function describe(error: Error): string {
  const { cause = error } = error;
  return typeof cause === 'string'
    ? cause
    : inspect(cause, { depth: 6, maxStringLength: 1000 }).replaceAll(OWN_CALL, '');
}

function coverageLine({ files, totals, workingDirectory }: Covered): CoverageLine {
  const missed = files.map(({ path, lines }) => ({
    path: relative(workingDirectory, path),
    lines: lines.filter(({ count }) => count === 0).map(({ line }) => line),
  }));
  return {
    kind: 'coverage',
    percent: totals.coveredLinePercent,
    files: missed
      .filter(({ lines }) => lines.length > 0)
      .sort((a, b) => b.lines.length - a.lines.length)
      .slice(0, coverageFiles),
  };
}
