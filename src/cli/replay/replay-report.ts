/** What a replay has found, as text. */
import type { Comparison, ReplayFinding, ReplayResult } from './run-replay.ts';
import type { Skipped } from './replayed-request.ts';

const SHOWN_FINDINGS = 10;
const SHOWN_PATHS = 3;

const SKIPPED: Readonly<Record<Skipped, string>> = {
  unsafe: 'with an unsafe method (--unsafe sends them)',
  'no body': 'whose body is not in the recording',
  aborted: 'that their client had given up',
};

/** @param all how many the recording has */
export function replayReport(result: ReplayResult, all: number, compare: readonly Comparison[]): string {
  const { sent, same, different, failed, compared, masked, late, findings } = result;
  const skipped = Object.entries(result.skipped).filter(([, count]) => count > 0) as [Skipped, number][];
  const lines = [
    `replayed ${sent} of ${all} requests: ${same} same, ${different} different, ${failed} failed`,
    `compared: ${compare.map((each) => `${each} of ${compared[each]}`).join(', ')}`,
    ...skipped.map(([why, count]) => `left out: ${count} ${SKIPPED[why]}`),
    ...(masked === 0 ? [] : [`${masked} were sent without what is secret in them (--header adds fields)`]),
    ...(late === 0 ? [] : [`${late} were sent late, because too many were on their way (--concurrency)`]),
    ...findings.slice(0, SHOWN_FINDINGS).flatMap((finding) => ['', ...findingLines(finding)]),
  ];
  const more = different + failed - SHOWN_FINDINGS;
  if (more > 0) lines.push('', `and ${more} more`);
  return `${lines.join('\n')}\n`;
}

function findingLines({ line, method, target, status, json, failure }: ReplayFinding): string[] {
  const more = json.length - SHOWN_PATHS;
  return [
    `${method} ${printable(target)} (line ${line})`,
    ...(failure === null ? [] : [`  failed: ${printable(failure)}`]),
    ...(status === null ? [] : [`  status: ${status.expected} → ${status.found}`]),
    ...json
      .slice(0, SHOWN_PATHS)
      .map(({ path, expected, found }) =>
        printable(`  json ${path === '' ? '(whole)' : path}: ${expected ?? 'missing'} → ${found ?? 'missing'}`),
      ),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

/** Recordings have texts of strangers: nothing of them may move the cursor. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}
