/** One campaign: streams of one seed, each read by both parsers. */
import { compare, type Verdict } from './compare.ts';
import { Draw } from './draw.ts';
import { readWithLlhttp } from './llhttp-reading.ts';
import { mutate } from './mutation.ts';
import type { Reading, Stream } from './reading.ts';
import { request } from './request-stream.ts';
import { response } from './response-stream.ts';
import { type Limits, readWithSluice } from './sluice-reading.ts';

export interface Finding {
  readonly stream: Stream;
  readonly what: string;
  readonly limits: Limits | null;
}

export interface Campaign {
  readonly messages: number;
  readonly streams: number;
  readonly findings: readonly Finding[];
  /** How often each documented difference came up. */
  readonly documented: ReadonlyMap<string, number>;
  /** Messages that both parsers read. */
  readonly readByBoth: number;
}

export interface CampaignOptions {
  readonly seed: number;
  /** Messages. */
  readonly count: number;
  readonly maxFindings?: number;
  /** Checked now and then. */
  readonly isTimeUp?: () => boolean;
}

const REQUEST_END = 'GET /end HTTP/1.1\r\nHost: end\r\n\r\n';
const RESPONSE_END = 'HTTP/1.1 200 End\r\nContent-Length: 3\r\n\r\nend';

export function runCampaign({ seed, count, maxFindings = 10, isTimeUp }: CampaignOptions): Campaign {
  const draw = new Draw(seed);
  const findings: Finding[] = [];
  const documented = new Map<string, number>();
  let messages = 0;
  let streams = 0;
  let readByBoth = 0;
  while (messages < count && findings.length < maxFindings) {
    if (streams % 1024 === 1023 && isTimeUp?.() === true) break;
    const { stream, sent } = streamOf(draw);
    messages += sent;
    streams += 1;
    const { verdict, read } = judgeStream(stream, cutsOf(draw, stream.bytes.length), limitsOf(draw));
    readByBoth += read;
    if (verdict.is === 'finding') {
      if (!findings.some(({ what }) => kindOfFinding(what) === kindOfFinding(verdict.what))) {
        findings.push({ stream, what: verdict.what, limits: verdict.limits ?? null });
      }
    } else if (verdict.is === 'documented') documented.set(verdict.name, (documented.get(verdict.name) ?? 0) + 1);
  }
  return { messages, streams, findings, documented, readByBoth };
}

/**
 * @param cuts where the stream is cut for a second reading by ours, which must equal the first.
 * @param limits for these two readings.
 */
export function judgeStream(
  stream: Stream,
  cuts: readonly number[],
  limits: Limits | null = null,
): { verdict: Verdict; read: number } {
  const whole = readWithSluice(stream, [], limits ?? {});
  const split = splitDifference(whole, readWithSluice(stream, cuts, limits ?? {}));
  if (split !== undefined) {
    return { verdict: { is: 'finding', what: `cut at ${cuts.join(', ')}: ${split}`, limits }, read: 0 };
  }
  const ours = limits === null ? whole : readWithSluice(stream);
  const theirs = readWithLlhttp(stream);
  const read = Math.min(ours.messages.length, theirs.messages.length);
  return { verdict: compare(stream, ours, theirs), read };
}

/** Without the number of the message and quoted text, which differ between findings of the same kind. */
export function kindOfFinding(what: string): string {
  return what.replace(/^cut at .*?:|^message \d+:/, '').replace(/\[.*$/, '');
}

function splitDifference(whole: Reading, pieces: Reading): string | undefined {
  if (kindOf(whole) !== kindOf(pieces)) return `${whole.fault ?? 'no fault'}, ${pieces.fault ?? 'no fault'}`;
  if (whole.from !== pieces.from || JSON.stringify(whole.messages) !== JSON.stringify(pieces.messages)) {
    return 'other messages';
  }
  return undefined;
}

/** Which of two faults in a message is reported depends on how much of it has arrived, so only the kind counts. */
function kindOf({ fault }: Reading): string | undefined {
  return fault?.split(':', 1)[0];
}

function streamOf(draw: Draw): { stream: Stream; sent: number } {
  const isResponse = draw.isOneIn(2);
  const heads: boolean[] = [];
  let text = '';
  const sent = 1 + draw.below(4);
  for (let at = 0; at < sent; at += 1) {
    const isHead = isResponse && draw.isOneIn(8);
    heads.push(isHead);
    text += isResponse ? response(draw, isHead) : request(draw);
  }
  if (draw.isOneIn(3)) text = mutate(draw, text);
  if (!draw.isOneIn(4)) text += isResponse ? RESPONSE_END : REQUEST_END;
  return { stream: { isResponse, heads, bytes: Buffer.from(text, 'latin1') }, sent };
}

/** For some streams: a head limit near the length of their heads, or requests for an upgrade. */
function limitsOf(draw: Draw): Limits | null {
  if (draw.isOneIn(12)) return { mayUpgrade: true };
  return draw.isOneIn(6) ? { maxHeadBytes: 8 + draw.below(draw.isOneIn(2) ? 60 : 250) } : null;
}

function cutsOf(draw: Draw, length: number): number[] {
  if (draw.isOneIn(40) && length < 2000) return Array.from({ length }, (_, at) => at);
  const cuts = Array.from({ length: 1 + draw.below(5) }, () => draw.below(length + 1));
  return cuts.sort((one, other) => one - other);
}
