/** The header fields that a client gets: the backend's, without what belongs to the connection to it. */
import { CONNECTION, CONTENT_LENGTH, DROP, namedByConnection, REQUEST_ID, ruleFor } from './header-rules.ts';

export interface ResponseHead {
  /** Name and value in turn, for ServerResponse.writeHead; duplicates (Set-Cookie) stay apart. */
  fields: string[];
  /** −1 when the backend did not say. */
  contentLength: number;
  isEventStream: boolean;
}

const EVENT_STREAM = /^text\/event-stream[ \t]*(?:;|$)/i;

/** @param raw name and value in turn, as bytes (latin1). */
export function responseHead(raw: readonly Uint8Array[]): ResponseHead {
  const head: ResponseHead = { fields: [], contentLength: -1, isEventStream: false };
  let named: string[] | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = text(raw[at]!);
    const value = text(raw[at + 1]!);
    switch (ruleFor(name)) {
      case DROP:
        continue;
      case CONNECTION: {
        const names = namedByConnection(value);
        if (names !== undefined) named = named === undefined ? names : named.concat(names);
        continue;
      }
      case CONTENT_LENGTH:
        head.contentLength = Number(value);
        break;
      case REQUEST_ID:
        // The gateway answers with the id of this request itself.
        continue;
      default:
        if (name.length === 12 && EVENT_STREAM.test(value) && name.toLowerCase() === 'content-type') {
          head.isEventStream = true;
        }
    }
    head.fields.push(name, value);
  }
  if (named !== undefined) head.fields = withoutNamed(head.fields, named);
  return head;
}

function withoutNamed(fields: readonly string[], named: readonly string[]): string[] {
  return fields.filter((_, at) => !named.includes(fields[at - (at % 2)]!.toLowerCase()));
}

function text(bytes: Uint8Array): string {
  return (bytes as Buffer).toString('latin1');
}
