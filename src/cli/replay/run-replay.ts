/** Sends the requests of a recording at its pace, and compares the answers. */
import { setTimeout as after } from 'node:timers/promises';
import type { RecordedRequest } from '../../recording/core/recording-vocabulary.ts';
import { reasonOf } from '../admin-api.ts';
import { type Difference, IgnoredPaths, jsonDifferences } from './compare-json.ts';
import type { FiledRequest } from './recording-file.ts';
import { replayedRequest, type ReplayedRequest, type ReplayRules, type Skipped } from './replayed-request.ts';
import type { ReplayedAnswer, Sender } from './send-request.ts';

export const COMPARISONS = ['status', 'json'] as const;
export type Comparison = (typeof COMPARISONS)[number];

export interface ReplayOptions extends ReplayRules {
  readonly to: Sender;
  /** Its answers are compared with, instead of the recorded ones; null: those. */
  readonly against: Sender | null;
  /** Times the recorded pace; Infinity: as fast as the answers come. */
  readonly speed: number;
  readonly concurrency: number;
  readonly compare: readonly Comparison[];
  readonly ignore: readonly string[];
  /** Sends no more when it is aborted. */
  readonly signal: AbortSignal;
}

export interface ReplayFinding {
  readonly line: number;
  readonly method: string;
  readonly target: string;
  /** Null: they are the same. */
  readonly status: { readonly expected: number; readonly found: number } | null;
  readonly json: readonly Difference[];
  /** Why there was no answer; null: there was one. */
  readonly failure: string | null;
}

export interface ReplayResult {
  sent: number;
  same: number;
  different: number;
  failed: number;
  readonly compared: Record<Comparison, number>;
  readonly skipped: Record<Skipped, number>;
  /** Sent without what was secret in them. */
  masked: number;
  /** Sent later than the pace asked for, because too many were on their way. */
  late: number;
  /** The first ones, in the order of their lines. */
  findings: readonly ReplayFinding[];
}

/** They are not kept without a bound. */
const MAX_FINDINGS = 1000;
const LATE_MS = 100;

export async function runReplay(requests: readonly FiledRequest[], options: ReplayOptions): Promise<ReplayResult> {
  const { speed, concurrency, signal } = options;
  const result: ReplayResult = {
    sent: 0,
    same: 0,
    different: 0,
    failed: 0,
    compared: { status: 0, json: 0 },
    skipped: { unsafe: 0, 'no body': 0, aborted: 0 },
    masked: 0,
    late: 0,
    findings: [],
  };
  const findings: ReplayFinding[] = [];
  const ignored = new IgnoredPaths(options.ignore);
  const running = new Set<Promise<void>>();
  const startMs = performance.now();
  const first = requests[0]?.recorded.offset_ms ?? 0;
  for (const { line, recorded } of requests) {
    const replayed = replayedRequest(recorded, options);
    if (typeof replayed === 'string') {
      result.skipped[replayed] += 1;
      continue;
    }
    const dueMs = startMs + (recorded.offset_ms - first) / speed;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await after(waitMs, undefined, { signal }).catch(() => {});
    if (running.size >= concurrency) {
      await Promise.race(running);
      if (speed < Infinity && performance.now() - dueMs > LATE_MS) result.late += 1;
    }
    if (signal.aborted) break;
    result.sent += 1;
    if (replayed.isMasked) result.masked += 1;
    const ended: Promise<void> = compareOne(recorded, replayed, options, ignored, result).then((found) => {
      running.delete(ended);
      tally(result, { line, method: recorded.method, target: recorded.target, ...found }, findings);
    });
    running.add(ended);
  }
  await Promise.all(running);
  result.findings = findings.toSorted((one, other) => one.line - other.line);
  return result;
}

type Found = Pick<ReplayFinding, 'status' | 'json' | 'failure'>;

async function compareOne(
  recorded: RecordedRequest,
  request: ReplayedRequest,
  { to, against, compare }: ReplayOptions,
  ignored: IgnoredPaths,
  { compared }: ReplayResult,
): Promise<Found> {
  let answers: [found: ReplayedAnswer, expected: ReplayedAnswer];
  try {
    answers = await Promise.all([
      to.send(request),
      against === null ? recordedAnswer(recorded) : against.send(request),
    ]);
  } catch (error) {
    return { status: null, json: [], failure: reasonOf(error) };
  }
  const [found, expected] = answers;
  const hasStatus = compare.includes('status');
  const hasJson = compare.includes('json') && expected.json !== undefined;
  if (hasStatus) compared.status += 1;
  if (hasJson) compared.json += 1;
  const status =
    hasStatus && found.status !== expected.status ? { expected: expected.status, found: found.status } : null;
  return { status, json: hasJson ? jsonDifferences(expected.json, found.json, ignored) : [], failure: null };
}

/** Undefined JSON: none was recorded. */
function recordedAnswer({ status, answer_headers: headers = [], answer_body: body }: RecordedRequest): ReplayedAnswer {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (body === undefined || !('text' in body) || !/json/i.test(type)) return { status, json: undefined };
  try {
    return { status, json: JSON.parse(body.text) as unknown };
  } catch {
    return { status, json: undefined };
  }
}

function tally(result: ReplayResult, finding: ReplayFinding, findings: ReplayFinding[]): void {
  if (finding.failure !== null) result.failed += 1;
  else if (finding.status !== null || finding.json.length > 0) result.different += 1;
  else {
    result.same += 1;
    return;
  }
  if (findings.length < MAX_FINDINGS) findings.push(finding);
}
