/** `sluice clients what-if`: the answer of the API as a table. */
import type { Static } from '@sinclair/typebox';
import type { ClientWhatIfView, DefaultWhatIfView } from '../../limits/api/what-if-view.ts';
import { countsText, limitText, rateText, whatIfText } from '../../limits/core/what-if-text.ts';
import { table } from '../top/text.ts';

export type ClientAnswer = Static<typeof ClientWhatIfView>;
export type DefaultAnswer = Static<typeof DefaultWhatIfView>;

const RANGES =
  'Ranges: as if the requests of each second were spread evenly, and as if they all came at its beginning.';

export function clientReport(answer: ClientAnswer): string {
  const { key, counted_as: countedAs, recorded, requests, current, proposed, notes } = answer;
  const name = key === countedAs ? key : `${key}, counted as ${countedAs}`;
  return text([
    `${name}: ${whatIfText(requests, recorded.seconds, proposed)}`,
    '',
    ...sideBySide(CLIENT_ROWS, current, proposed),
    '',
    RANGES,
    ...notes.map((note) => `Note: ${note}.`),
  ]);
}

export function defaultReport(answer: DefaultAnswer): string {
  const { clients, covered_share: share, recorded, requests, current, proposed, notes } = answer;
  const refused = answer.refused_clients.map((client) => [
    client.key,
    String(client.requests),
    countsText(client.refused_even, client.refused_at_once),
  ]);
  return text([
    `Default limit: ${whatIfText(requests, recorded.seconds, proposed)}`,
    '',
    ...sideBySide(DEFAULT_ROWS, current, proposed),
    ...(refused.length === 0 ? [] : ['', ...table([['CLIENT', 'REQUESTS', 'REFUSED'], ...refused], [1, 2])]),
    '',
    RANGES,
    `Replayed: the busiest clients without a limit of their own, ${clients} of them. ` +
      `${Math.floor(share * 100)} % of all requests are recorded by client.`,
    ...notes.map((note) => `Note: ${note}.`),
  ]);
}

type Rows<Verdict> = readonly (readonly [head: string, cell: (verdict: Verdict) => string])[];

const CLIENT_ROWS: Rows<ClientAnswer['current']> = [
  ['LIMIT', ({ limit }) => limitText(limit)],
  ['REFUSED', ({ even, at_once: atOnce }) => countsText(even.refused, atOnce.refused)],
  ['LONGEST WAIT', ({ even, at_once: atOnce }) => waitText(even.longest_wait_seconds, atOnce.longest_wait_seconds)],
  ['WORST MINUTE', ({ at_once: atOnce }) => minuteText(atOnce.worst_minute)],
  ['SMALLEST CAPACITY', ({ even, at_once: atOnce }) => countsText(even.smallest_capacity, atOnce.smallest_capacity)],
  ['SMALLEST RATE', rateText],
];

const DEFAULT_ROWS: Rows<DefaultAnswer['current']> = [
  ['LIMIT', ({ limit }) => limitText(limit)],
  ['REFUSED', ({ even, at_once: atOnce }) => countsText(even.refused, atOnce.refused)],
  ['CLIENTS REFUSED', ({ even, at_once: atOnce }) => countsText(even.refused_clients, atOnce.refused_clients)],
  ['SMALLEST CAPACITY', ({ even, at_once: atOnce }) => countsText(even.smallest_capacity, atOnce.smallest_capacity)],
  ['SMALLEST RATE', rateText],
];

function sideBySide<Verdict>(rows: Rows<Verdict>, now: Verdict, then: Verdict): string[] {
  return table([['', 'NOW', 'WHAT IF'], ...rows.map(([head, cell]) => [head, cell(now), cell(then)])]);
}

function minuteText(worst: { readonly since: string; readonly refused: number } | null): string {
  return worst === null ? '–' : `${worst.refused} refused from ${worst.since.slice(11, 19)} UTC`;
}

/** Null: no wait helps. */
function waitText(even: number | null, atOnce: number | null): string {
  if (even === null || atOnce === null) return 'for ever';
  const longest = Math.max(even, atOnce);
  return longest === 0 ? '–' : `${longest} s`;
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
