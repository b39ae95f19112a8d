/**
 * The fields `traceparent` and `tracestate`. Names come in any case, hexadecimal digits in lower case only. A malformed
 * traceparent is as good as none, and then tracestate means nothing either; a malformed tracestate is dropped alone.
 * Source: W3C Trace Context, level 1, sections 3.2, 3.3 and 4.3 (https://www.w3.org/TR/trace-context/).
 */

/** Of the version that is written here: `00-` trace id `-` parent id `-` flags. */
const LENGTH = 55;
const FORM = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/** Members of a list, 3.3.1.1. */
const MAX_MEMBERS = 32;
/** As much of a list is passed on: 3.3.1.5 demands at least this. */
const MAX_STATE_LENGTH = 512;
/** Longer members are left out first. */
const LARGE_MEMBER_LENGTH = 128;
const MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * Whether it names a trace: of any version but ff, as far as version 00 knows its form.
 *
 * @param value of the field; of several, joined by commas, which is none
 */
export function isTraceparent(value: string | undefined): value is string {
  if (value === undefined || value.length < LENGTH || !FORM.test(value)) return false;
  if (value.startsWith('ff')) return false;
  // Later versions may only add to it.
  if (value.length > LENGTH && (value.startsWith('00') || value[LENGTH] !== '-')) return false;
  return traceIdOf(value) !== NO_TRACE && spanIdOf(value) !== NO_SPAN;
}

/** @param traceparent of {@link isTraceparent} */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** @param traceparent of {@link isTraceparent} */
export function spanIdOf(traceparent: string): string {
  return traceparent.slice(36, 52);
}

/** The caller records its spans. @param traceparent of {@link isTraceparent} */
export function isSampled(traceparent: string): boolean {
  return '13579bdf'.includes(traceparent.charAt(54));
}

/** Version 00, no flag but sampled. */
export function traceparentOf(traceId: string, spanId: string, isSpanRecorded: boolean): string {
  return `00-${traceId}-${spanId}-${isSpanRecorded ? '01' : '00'}`;
}

/** The same place in the trace, for those whose spans shall not be recorded. */
export function unsampled(traceparent: string): string {
  return `${traceparent.slice(0, 53)}00`;
}

/** The field belongs to the trace context. @param name in any case */
export function isTraceField(name: string): boolean {
  if (name.length === 11) return name.toLowerCase() === 'traceparent';
  return name.length === 10 && name.toLowerCase() === 'tracestate';
}

/**
 * What is passed on of a tracestate: all of it, or what fits in 512 characters, without the large members first and the
 * oldest ones then; empty: it is malformed.
 *
 * @param value of the field; of several, joined by commas
 */
export function passedTraceState(value: string | undefined): string {
  if (value === undefined || value === '') return '';
  const members = value
    .split(',')
    .map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    // 3.3.1.2 allows empty ones.
    .filter((member) => member !== '');
  if (members.length > MAX_MEMBERS) return '';
  const keys = new Set<string>();
  for (const member of members) {
    if (!MEMBER.test(member)) return '';
    keys.add(member.slice(0, member.indexOf('=')));
  }
  if (keys.size < members.length) return '';
  return shortened(members).join(',');
}

function shortened(members: readonly string[]): readonly string[] {
  if (lengthOf(members) <= MAX_STATE_LENGTH) return members;
  const kept = [...members];
  for (let at = kept.length - 1; at >= 0 && lengthOf(kept) > MAX_STATE_LENGTH; at -= 1) {
    if (kept[at]!.length > LARGE_MEMBER_LENGTH) kept.splice(at, 1);
  }
  while (lengthOf(kept) > MAX_STATE_LENGTH) kept.pop();
  return kept;
}

function lengthOf(members: readonly string[]): number {
  return members.reduce((length, member) => length + member.length + 1, -1);
}
