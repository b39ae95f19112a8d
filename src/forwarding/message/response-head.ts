/** The header fields that a client gets: the backend's, without what belongs to the connection to it. */
import {
  CONNECTION,
  CONTENT_LENGTH,
  DROP,
  namedByConnection,
  REQUEST_ID,
  ruleFor,
  TRAILER,
  TRANSFER_ENCODING,
} from '../../http/fields/header-rules.ts';

export interface ResponseHead {
  /** Name and value alternating, for ServerResponse.writeHead; duplicates (Set-Cookie) stay separate. */
  fields: string[];
  /** −1 if the backend did not say. */
  contentLength: number;
  isEventStream: boolean;
  /**
   * The body has a transfer coding that only this connection understands (`gzip, chunked`): without the field it would
   * mean something else, so it must not be passed on.
   */
  isForeignCoded: boolean;
  /** What the Trailer field announces; null if there is none. Only a chunked answer can have it. */
  trailer: string | null;
}

const EVENT_STREAM = /^text\/event-stream[ \t]*(?:;|$)/i;

/** @param raw name and value alternating. */
export function responseHead(raw: readonly string[]): ResponseHead {
  const head: ResponseHead = {
    fields: [],
    contentLength: -1,
    isEventStream: false,
    isForeignCoded: false,
    trailer: null,
  };
  let isChunked = false;
  let named: string[] | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!;
    const value = raw[at + 1]!;
    switch (ruleFor(name)) {
      case DROP:
        continue;
      case CONNECTION: {
        const names = namedByConnection(value);
        if (names !== undefined) named = named === undefined ? names : named.concat(names);
        continue;
      }
      case TRANSFER_ENCODING:
        // Once is enough: two recipients would not agree on the framing of `chunked` twice.
        head.isForeignCoded ||= isChunked || value.toLowerCase() !== 'chunked';
        isChunked = true;
        continue;
      case TRAILER:
        head.trailer = head.trailer === null ? value : `${head.trailer}, ${value}`;
        continue;
      case CONTENT_LENGTH:
        head.contentLength = Number(value);
        break;
      case REQUEST_ID:
        // The gateway sends the id of this request itself.
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
