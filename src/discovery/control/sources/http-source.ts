/** Members from a list in JSON that another service answers, asked for again and again. */
import type { LookupFunction } from 'node:net';
import type { HttpDiscoverSettings } from '../../../config/settings.ts';
import type { Source, SourcePorts } from '../source.ts';
import { getText, type TextAnswer } from './get-text.ts';
import type { MemberScheme, ReadEntries } from '../../read-entry.ts';
import { readMemberList } from './member-list.ts';
import { createPolledSource } from './polled-source.ts';

/** Of a list that may be asked for again: RFC 9110, section 13.1. */
interface Kept {
  readonly list: ReadEntries;
  readonly conditions: Readonly<Record<string, string>>;
}

const MAX_BYTES = 1024 * 1024;

export function createHttpSource(
  { url, headers, intervalMs, timeoutMs, caPem }: HttpDiscoverSettings,
  { scheme, lookup }: { readonly scheme: MemberScheme; readonly lookup: LookupFunction },
  ports: SourcePorts,
): Source {
  const target = { url: new URL(url), caPem, lookup };
  let kept: Kept | null = null;
  const ask = async (signal: AbortSignal) => {
    const answer = await getText(
      { ...target, headers: { ...headers, ...kept?.conditions } },
      { timeoutMs, maxBytes: MAX_BYTES, signal },
    );
    if (answer.status !== 304 || kept === null) {
      kept = { list: readAnswer(answer, scheme), conditions: conditionsOf(answer) };
    }
    return { ...kept.list, nextMs: intervalMs };
  };
  // Its list may come from a registry that has just started, and is empty or incomplete.
  return createPolledSource(false, ask, ports);
}

function readAnswer({ status, headers, text }: TextAnswer, scheme: MemberScheme): ReadEntries {
  if (status === 200) return readMemberList(text, scheme);
  // One could lead anywhere, such as to a service that only this machine can reach.
  const isRedirect = status >= 300 && status < 400 && headers.location !== undefined;
  throw new Error(`it answered ${status}${isRedirect ? '; redirects are not followed' : ''}`);
}

function conditionsOf({ headers }: TextAnswer): Kept['conditions'] {
  const { etag, 'last-modified': modified } = headers;
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(modified !== undefined && { 'if-modified-since': modified }),
  };
}
