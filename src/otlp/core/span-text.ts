/** A span as OTLP has it. */
import { nanoText, quoted } from './otlp-json.ts';

export const SPAN_KIND = { server: 2, client: 3 } as const;

/** Of the field `flags`: the bits of a trace context, and whether its parent came from elsewhere. */
const SAMPLED = 0x01;
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: the trace begins with it. */
  readonly parentSpanId: string;
  readonly isParentRemote: boolean;
  /** Empty: none. */
  readonly traceState: string;
  readonly name: string;
  readonly kind: (typeof SPAN_KIND)[keyof typeof SPAN_KIND];
  /** ms since the epoch, fractions included. */
  readonly startMs: number;
  readonly endMs: number;
  /** A JSON array, see AttributeText. */
  readonly attributes: string;
  /** JSON objects with commas in between, see {@link eventText}; empty: none. */
  readonly events: string;
  readonly isError: boolean;
}

/** A JSON object. */
export function spanText(span: Span): string {
  const parent = span.parentSpanId === '' ? '' : `,"parentSpanId":"${span.parentSpanId}"`;
  const state = span.traceState === '' ? '' : `,"traceState":${quoted(span.traceState)}`;
  const flags = SAMPLED | HAS_IS_REMOTE | (span.isParentRemote ? IS_REMOTE : 0);
  return (
    `{"traceId":"${span.traceId}","spanId":"${span.spanId}"${parent}${state},"name":${quoted(span.name)}` +
    `,"kind":${span.kind},"startTimeUnixNano":${nanoText(span.startMs)},"endTimeUnixNano":${nanoText(span.endMs)}` +
    `,"attributes":${span.attributes},"droppedAttributesCount":0,"events":[${span.events}],"droppedEventsCount":0` +
    `,"status":{"code":${span.isError ? 2 : 0}},"links":[],"droppedLinksCount":0,"flags":${flags}}`
  );
}

/** @param atMs since the epoch @param attributes a JSON array */
export function eventText(name: string, atMs: number, attributes: string): string {
  return `{"attributes":${attributes},"name":${quoted(name)},"timeUnixNano":${nanoText(atMs)},"droppedAttributesCount":0}`;
}
