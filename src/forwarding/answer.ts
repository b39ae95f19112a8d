/** A backend's answer as the client gets it: status line and fields, or the verdict that it must not be passed on. */
import type { ClientRequest } from '../http/client-side.ts';
import { CONTENT_LENGTH, ruleFor, TRANSFER_ENCODING } from '../http/fields/header-rules.ts';
import type { UpstreamProtocol } from '../net/core/net-vocabulary.ts';
import type { ArrivedAnswer } from '../routing/cache-step.ts';
import { type ResponseHead, responseHead } from './message/response-head.ts';

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly head: ResponseHead;
}

/** Ends with its head, whatever the fields say (RFC 9110, 6.4.1). */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** A string: what is wrong with it. @param reason latin1. @param raw name and value alternating. */
export function answerOf(
  request: ClientRequest,
  status: number,
  reason: string,
  raw: readonly string[],
): Answer | string {
  if (status < 100 || status > 599) return `The backend answered with status ${status}`;
  const head = responseHead(raw);
  if (head.isForeignCoded) return 'The backend sent an unknown transfer coding';
  if (status === 204 && head.contentLength !== -1) head.fields = withoutLength(head.fields);
  if (head.trailer !== null && isChunked(request, status, head)) head.fields.push('trailer', head.trailer);
  return { status, reason, head };
}

/**
 * Whether Node's server will send it in chunks. Only then can trailers follow; otherwise announcing them makes Node
 * throw.
 */
function isChunked(request: ClientRequest, status: number, head: ResponseHead): boolean {
  return head.contentLength === -1 && request.httpVersion !== '1.0' && request.method !== 'HEAD' && !isBodiless(status);
}

function withoutLength(fields: readonly string[]): string[] {
  return fields.filter((_, at) => ruleFor(fields[at - (at % 2)]!) !== CONTENT_LENGTH);
}

/** As a cache sees it. @param raw name and value alternating, as received */
export function arrivedAnswer(
  { status, reason, head: { fields, contentLength } }: Answer,
  raw: readonly string[],
  protocol: UpstreamProtocol,
): ArrivedAnswer {
  const isDelimited = contentLength !== -1 || protocol !== 'http1' || isBodiless(status) || isCodedInChunks(raw);
  return { status, reason, fields, contentLength, isDelimited };
}

function isCodedInChunks(raw: readonly string[]): boolean {
  return raw.some((name, at) => at % 2 === 0 && ruleFor(name) === TRANSFER_ENCODING);
}
