/** Compares two readings of the same stream. */
import { LENIENCES, STRICTNESS, type Disputed } from './documented.ts';
import type { Message, Reading, Stream } from './reading.ts';
import { type Limits, readWithSluice } from './sluice-reading.ts';

export type Verdict =
  | { readonly is: 'same' }
  /** Refused by ours alone, or accepted by ours alone, for a documented reason. */
  | { readonly is: 'documented'; readonly name: string }
  | { readonly is: 'finding'; readonly what: string; readonly limits?: Limits | null };

const LINE_ENDS = Buffer.from('\r\n\r\n');
const SAME: Verdict = { is: 'same' };

/** Up to the first message that they do not agree on. */
export function compare(stream: Stream, ours: Reading, theirs: Reading): Verdict {
  for (let at = 0; ; at += 1) {
    const mine = ours.messages[at];
    const other = theirs.messages[at];
    const isMineOver = mine === undefined || !mine.isComplete;
    const isOtherOver = other === undefined || !other.isComplete;
    if (mine !== undefined && other !== undefined) {
      const difference = differenceOf(mine, other, isMineOver || isOtherOver);
      if (difference !== undefined) return judge(DIFFERS, difference, stream, ours, theirs, at);
      if (other.isUpgrade) return SAME;
    }
    if (isMineOver || isOtherOver) {
      const isRefused = isMineOver && ours.fault !== null;
      const isOtherRefused = isOtherOver && theirs.fault !== null;
      if (isRefused === isOtherRefused && isMineOver === isOtherOver) return SAME;
      if (isRefused && !isOtherRefused) return judge(REFUSED, `refused: ${ours.fault}`, stream, ours, theirs, at);
      if (isOtherRefused && !isRefused) {
        // Ours may not have come to the end of a head, an extension or trailers that it is going to refuse.
        if (isMineOver && isRefusedAtNextLine(stream, at)) return SAME;
        return judge(ACCEPTED, `accepted, llhttp refused it: ${theirs.fault}`, stream, ours, theirs, at);
      }
      return judge(DIFFERS, 'complete in one of them only', stream, ours, theirs, at);
    }
    if (mine.isKeptAlive === false) return SAME;
  }
}

function isRefusedAtNextLine(stream: Stream, at: number): boolean {
  const { messages, fault } = readWithSluice({ ...stream, bytes: Buffer.concat([stream.bytes, LINE_ENDS]) });
  return fault !== null ? messages.length <= at + 1 : messages.length <= at;
}

function differenceOf(mine: Message, other: Message, isPartial: boolean): string | undefined {
  if (mine.start !== other.start) return `start: ${JSON.stringify([mine.start, other.start])}`;
  if (!isSame(mine.fields, other.fields)) return `fields: ${JSON.stringify([mine.fields, other.fields])}`;
  if (other.isUpgrade) return undefined;
  if (other.isKeptAlive !== undefined && mine.isKeptAlive !== undefined && mine.isKeptAlive !== other.isKeptAlive) {
    return `kept alive: ${JSON.stringify([mine.isKeptAlive, other.isKeptAlive])}`;
  }
  // If one parser refused the message, the other one may have read more of its body.
  const length = isPartial ? Math.min(mine.body.length, other.body.length) : Infinity;
  if (mine.body.slice(0, length) !== other.body.slice(0, length)) return 'body';
  if (!isPartial && !isSame(mine.trailers, other.trailers)) {
    return `trailers: ${JSON.stringify([mine.trailers, other.trailers])}`;
  }
  return undefined;
}

const DIFFERS = 'differs';
const REFUSED = 'refused';
const ACCEPTED = 'accepted';

function judge(kind: string, what: string, stream: Stream, ours: Reading, theirs: Reading, at: number): Verdict {
  const disputed: Disputed = {
    isResponse: stream.isResponse,
    text: stream.bytes.toString('latin1', ours.messages[at]?.from ?? ours.from),
    fault: ours.fault ?? '',
    llhttpFault: theirs.fault ?? '',
    difference: kind === DIFFERS ? what : '',
    before: ours.messages[at - 1],
    ours: ours.messages[at],
    theirs: theirs.messages[at],
  };
  const documented =
    kind === REFUSED ? [...STRICTNESS, ...LENIENCES.filter(({ mayLeadToRefusal }) => mayLeadToRefusal)] : LENIENCES;
  for (const { name, holds } of documented) {
    if (holds(disputed)) return { is: 'documented', name };
  }
  return { is: 'finding', what: `message ${at}: ${what}` };
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at += 1) if (some[at] !== others[at]) return false;
  return true;
}
