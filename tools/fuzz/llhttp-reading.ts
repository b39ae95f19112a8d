/** Reads a stream with llhttp, the parser of Node's HTTP server and client, as strict as it can be. */
import { createRequire } from 'node:module';
import type { Message, Reading, Stream } from './reading.ts';

interface LlhttpParser {
  initialize(type: number, resource: object, maxHeaderSize: number): void;
  execute(bytes: Buffer): number | LlhttpError;
  finish(): LlhttpError | undefined;
  [callback: number]: (...values: never[]) => unknown;
}

interface LlhttpError extends Error {
  readonly code: string;
  readonly reason: string;
}

interface LlhttpClass {
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  new (): LlhttpParser;
}

// Not documented, and Node may change it: this reads streams for tests only.
const { HTTPParser, methods } = createRequire(import.meta.url)('node:_http_common') as {
  readonly HTTPParser: LlhttpClass;
  readonly methods: readonly string[];
};

const MAX_HEAD_BYTES = 1 << 20;
const SKIP_BODY = 1;
/** llhttp's number of it; the list leaves out methods of RTSP before it. */
const QUERY = 46;

export const LLHTTP_METHODS: ReadonlySet<string> = new Set(methods);

const parser = new HTTPParser();
let isResponse = false;
let heads: readonly boolean[] = [];
let messages: Message[] = [];
let fields: string[] = [];
let target = '';
let answers = 0;
let isInMessage = false;
let isOver = false;

parser[HTTPParser.kOnHeaders] = (some: string[], url: string): void => {
  fields.push(...some);
  // Of trailers it is that of the head, again.
  if (!isInMessage) target += url;
};

parser[HTTPParser.kOnHeadersComplete] = (
  major: number,
  minor: number,
  some: string[] | undefined | null,
  method: number,
  url: string | undefined | null,
  status: number,
  reason: string,
  isUpgrade: boolean,
  isKeptAlive: boolean,
): number => {
  if (isOver) return 0;
  if (Array.isArray(some)) fields = some;
  if (typeof url === 'string') target = url;
  const message = {
    from: -1,
    start: `${method === QUERY ? 'QUERY' : methods[method]} ${target} HTTP/${major}.${minor}`,
    fields,
    isKeptAlive: isKeptAlive as boolean | undefined,
    isUpgrade,
    body: '',
    trailers: [] as readonly string[],
    isComplete: false,
  };
  let skips = 0;
  if (isResponse) {
    const isInterim = status < 200;
    message.start = isInterim ? `interim ${status}` : `${status} ${reason}`;
    // What it says does not take into account yet that there is no body.
    if (isInterim || heads[answers] === true) message.isKeptAlive = undefined;
    if (!isInterim && heads[answers] === true) skips = SKIP_BODY;
    if (!isInterim) answers += 1;
  }
  messages.push(message);
  fields = [];
  isInMessage = true;
  return skips;
};

parser[HTTPParser.kOnBody] = (chunk: Buffer): void => {
  if (!isOver) messages.at(-1)!.body += chunk.toString('latin1');
};

parser[HTTPParser.kOnMessageComplete] = (): void => {
  if (isOver) return;
  const message = messages.at(-1)!;
  message.isComplete = true;
  message.trailers = fields;
  fields = [];
  target = '';
  isInMessage = false;
  if (message.start === 'interim 100') messages.pop();
  if (message.isKeptAlive === false || message.isUpgrade) isOver = true;
};

export function readWithLlhttp(stream: Stream): Reading {
  ({ isResponse, heads } = stream);
  messages = [];
  fields = [];
  target = '';
  answers = 0;
  isInMessage = false;
  isOver = false;
  parser.initialize(isResponse ? HTTPParser.RESPONSE : HTTPParser.REQUEST, {}, MAX_HEAD_BYTES);
  let result: unknown = parser.execute(stream.bytes);
  // A response without a length ends with its connection.
  if (!(result instanceof Error) && !isOver && isResponse && isInMessage) result = parser.finish();
  const error = result instanceof Error && !isOver ? (result as LlhttpError) : null;
  const isUnfinished = error?.code === 'HPE_INVALID_EOF_STATE';
  return { messages, fault: error === null || isUnfinished ? null : `${error.code}: ${error.reason}`, from: 0 };
}
