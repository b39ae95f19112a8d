/**
 * What one side of a connection does: mostly frames that are right, in an order that makes sense, with everything that
 * may go wrong in between.
 */
import type { Draw } from '../draw.ts';
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  headerBlock,
  LITERAL,
  PADDED,
  PREFACE,
  PRIORITY,
  settings,
  uint32,
} from './frames.ts';

export type Step =
  | { readonly is: 'send'; readonly bytes: Buffer }
  /** Some turns of the event loop. */
  | { readonly is: 'turns'; readonly count: number }
  | { readonly is: 'wait'; readonly ms: number }
  /** Until something arrives, or for a moment. */
  | { readonly is: 'hear' }
  | { readonly is: 'stopReading' };

export type Ending = 'destroy' | 'reset' | 'end' | 'stay';

export interface Script {
  readonly steps: readonly Step[];
  readonly ending: Ending;
}

type Field = readonly [name: string, value: string];

const METHODS = ['PUT', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'X', ''];
const PATHS = ['/a?b', '*', '//', '/%', '/ ', '', 'x', '/\x80'];
const ODD_FIELDS: readonly Field[] = [
  ['content-length', '5'],
  ['content-length', '0'],
  ['content-length', '-1'],
  ['expect', '100-continue'],
  ['host', 'other.example'],
  ['cookie', 'a=1'],
  ['te', 'trailers'],
  ['te', 'gzip'],
  ['connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['upgrade', 'websocket'],
  ['content-type', 'application/grpc'],
  ['grpc-timeout', '1n'],
  [':path', '/twice'],
  [':odd', 'x'],
  ['Upper', 'x'],
  ['x', 'a\r\nb: c'],
  ['x\0', '\0'],
  ['', 'nameless'],
];
const STATUSES = ['204', '304', '100', '103', '101', '404', '503', '999', '20', 'x', ''];
const CODES = [0, 1, 2, 3, 5, 7, 8, 11, 13, 0xffffffff];
const WINDOWS = [1, 1000, 65_535, 2 ** 20];
const BAD_WINDOWS = [0, 2 ** 31 - 1, 2 ** 31];
/** That make sense, by identifier. */
const SETTINGS: readonly (readonly [id: number, values: readonly number[]])[] = [
  [1, [0, 100, 65_536]],
  [3, [0, 1, 100]],
  [4, [0, 1, 1000, 2 ** 20]],
  [5, [16_384, 2 ** 20]],
  [6, [100, 2 ** 20]],
];
const VALUES = [0, 1, 100, 2 ** 31 - 1, 2 ** 32 - 1];
const ENDINGS: readonly Ending[] = ['destroy', 'reset', 'end', 'stay'];
const MAX_OPERATIONS = 14;

/** A client of the gateway, or a backend that answers on the streams that the gateway opens: 1, 3, 5 … */
export function script(draw: Draw, side: 'client' | 'backend'): Script {
  return new Author(draw, side).script();
}

class Author {
  readonly #draw: Draw;
  readonly #isClient: boolean;
  readonly #steps: Step[] = [];
  #nextStream = 1;
  /** This side has not ended them. */
  #open: number[] = [];
  /** Heads that are never indexed cannot go out of step with the other side's table. */
  readonly #indexing: number;

  constructor(draw: Draw, side: 'client' | 'backend') {
    this.#draw = draw;
    this.#isClient = side === 'client';
    this.#indexing = draw.of(Object.values(LITERAL));
  }

  script(): Script {
    const draw = this.#draw;
    if (draw.isOneIn(6)) this.#steps.push({ is: 'stopReading' });
    if (this.#isClient)
      this.#sendRaw(draw.isOneIn(80) ? Buffer.from(PREFACE).subarray(draw.below(24)) : Buffer.from(PREFACE));
    this.#sendRaw(settings(draw.isOneIn(3) ? this.#someSettings() : {}));
    if (!draw.isOneIn(10)) this.#sendRaw(frame(FRAME.settings, ACK, 0));
    if (draw.isOneIn(3)) this.#sendRaw(frame(FRAME.windowUpdate, 0, 0, uint32(2 ** 30)));
    if (!draw.isOneIn(12)) this.#head();
    for (let count = draw.below(MAX_OPERATIONS); count > 0; count -= 1) {
      this.#pause();
      this.#operation();
    }
    return { steps: joined(draw, this.#steps), ending: draw.of(ENDINGS) };
  }

  #pause(): void {
    const draw = this.#draw;
    switch (draw.below(this.#isClient ? 8 : 4)) {
      case 0:
        this.#steps.push({ is: 'turns', count: 1 + draw.below(4) });
        return;
      case 1:
        this.#steps.push({ is: 'hear' });
        return;
      case 2:
        if (draw.isOneIn(3)) this.#steps.push({ is: 'wait', ms: draw.below(12) });
    }
  }

  #operation(): void {
    const draw = this.#draw;
    const stream = this.#someStream();
    switch (draw.below(17)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        // Of a backend, rarely: the gateway need not ask again on the same connection.
        return this.#isClient || draw.isOneIn(3) ? this.#head() : this.#body(stream);
      case 5:
      case 6:
      case 7:
      case 8:
        return this.#body(stream);
      case 9:
      case 10:
        this.#open = this.#open.filter((each) => each !== stream);
        return this.#send(frame(FRAME.reset, 0, stream, uint32(draw.of(CODES))));
      case 11:
      case 12:
        return this.#send(
          frame(FRAME.windowUpdate, 0, draw.of([0, stream]), uint32(draw.usually(draw.of(WINDOWS), 10, BAD_WINDOWS))),
        );
      case 13:
        return this.#send(settings(this.#someSettings()));
      case 14:
        return this.#send(frame(FRAME.ping, draw.usually(0, 6, [ACK]), 0, '12345678'));
      case 15:
        if (!draw.isOneIn(3)) return this.#head();
        return this.#send(
          frame(FRAME.goaway, 0, 0, Buffer.concat([uint32(draw.below(2 * this.#nextStream)), uint32(draw.of(CODES))])),
        );
      default:
        if (draw.isOneIn(3)) this.#send(this.#anything(stream));
    }
  }

  /** A request, or the answer to one. */
  #head(): void {
    const draw = this.#draw;
    const stream = this.#nextStream;
    this.#nextStream += 2;
    // A backend answers what it was asked.
    if (!this.#isClient) this.#steps.push({ is: 'hear' });
    const fields = this.#isClient ? this.#requestFields() : this.#answerFields();
    for (let count = draw.isOneIn(5) ? draw.below(4) : 0; count > 0; count -= 1) fields.push(draw.of(ODD_FIELDS));
    if (draw.isOneIn(4)) fields.push(['x-long', 'v'.repeat(draw.of([70, 300, 4000, 20_000]))]);
    if (draw.isOneIn(20)) for (let count = draw.below(600); count > 0; count -= 1) fields.push([`x-${count}`, '']);
    const isEnd = draw.isOneIn(2);
    this.#block(stream, fields, isEnd ? END_STREAM : 0);
    if (isEnd) return;
    this.#open.push(stream);
    for (let count = draw.below(3); count > 0; count -= 1) this.#body(stream);
  }

  #body(stream: number): void {
    const draw = this.#draw;
    const isEnd = draw.isOneIn(4);
    if (isEnd) this.#open = this.#open.filter((each) => each !== stream);
    if (isEnd && draw.isOneIn(2)) this.#block(stream, this.#trailers(), END_STREAM);
    else this.#send(this.#data(stream, isEnd ? END_STREAM : 0));
  }

  #requestFields(): Field[] {
    const draw = this.#draw;
    return [
      [':method', draw.usually(draw.of(['GET', 'POST']), 12, METHODS)],
      [':scheme', draw.usually('http', 40, ['https', 'ftp', ''])],
      [':path', draw.usually('/', 12, PATHS)],
      [':authority', draw.usually('shop.example', 40, ['', 'a b', 'x:y'])],
    ];
  }

  #answerFields(): Field[] {
    return [[':status', this.#draw.usually('200', 5, STATUSES)]];
  }

  #trailers(): Field[] {
    const draw = this.#draw;
    const fields: Field[] = [['x-sum', 'v'.repeat(draw.of([1, 100, 5000]))]];
    if (draw.isOneIn(4)) fields.push(draw.of(ODD_FIELDS));
    return fields;
  }

  /** A field section, whole, in pieces, or broken off. */
  #block(stream: number, fields: readonly Field[], flags: number): void {
    const draw = this.#draw;
    let block = headerBlock(fields, this.#indexing);
    if (draw.isOneIn(25)) block = damaged(draw, block);
    const pieces = draw.isOneIn(4) ? cut(draw, block, 1 + draw.below(3)) : [block];
    const isLeftOpen = draw.isOneIn(25);
    pieces.forEach((piece, at) => {
      const end = at === pieces.length - 1 && !isLeftOpen ? END_HEADERS : 0;
      if (at === 0) this.#send(this.#headers(stream, piece, flags + end));
      else this.#send(frame(FRAME.continuation, end, stream, piece));
      if (end === 0) this.#pause();
    });
  }

  #headers(stream: number, block: Buffer, flags: number): Buffer {
    const draw = this.#draw;
    if (!draw.isOneIn(6)) return frame(FRAME.headers, flags, stream, block);
    const priority = Buffer.concat([uint32(draw.usually(0, 10, [1, stream])), Buffer.from([draw.below(256)])]);
    const padding = draw.below(20);
    const body = Buffer.concat([Buffer.from([padding]), priority, block, Buffer.alloc(draw.usually(padding, 12, [0]))]);
    return frame(FRAME.headers, flags + PADDED + PRIORITY, stream, body);
  }

  #data(stream: number, flags: number): Buffer {
    const draw = this.#draw;
    const bytes = Buffer.alloc(draw.usually(draw.of([0, 5, 5, 1000, 16_000]), 40, [17_000]), 'a');
    if (!draw.isOneIn(5)) return frame(FRAME.data, flags, stream, bytes);
    const padding = draw.below(256);
    return frame(
      FRAME.data,
      flags + PADDED,
      stream,
      Buffer.concat([Buffer.from([padding]), bytes, Buffer.alloc(draw.usually(padding, 12, [0]))]),
    );
  }

  #anything(stream: number): Buffer {
    const draw = this.#draw;
    const type = draw.usually(draw.of(Object.values(FRAME)), 6, [10, 12, 0xff]);
    const payload = Buffer.from(Array.from({ length: draw.of([0, 3, 4, 5, 8, 20]) }, () => draw.below(256)));
    const bytes = frame(type, draw.usually(0, 2, [1, 4, 5, 8, 0x20, 0xff]), draw.of([0, stream, 2]), payload);
    // A length that is not that of the payload.
    if (draw.isOneIn(4)) bytes.writeUIntBE(draw.of([0, payload.length + 1, 16_385, 0xffffff]), 0, 3);
    return bytes;
  }

  #someSettings(): Record<number, number> {
    const draw = this.#draw;
    const values: Record<number, number> = {};
    for (let count = 1 + draw.below(3); count > 0; count -= 1) {
      const [id, known] = draw.of(SETTINGS);
      if (draw.isOneIn(25)) values[1 + draw.below(9)] = draw.of(VALUES);
      else values[id] = draw.of(known);
    }
    return values;
  }

  /** One of those that are open, usually. */
  #someStream(): number {
    const draw = this.#draw;
    const known = this.#open.length > 0 && !draw.isOneIn(8) ? draw.of(this.#open) : Math.max(1, this.#nextStream - 2);
    return draw.usually(known, 50, [0, 1, 2, 99, 2 ** 31 - 1]);
  }

  #send(bytes: Buffer): void {
    this.#sendRaw(this.#draw.isOneIn(80) ? damaged(this.#draw, bytes) : bytes);
  }

  #sendRaw(bytes: Buffer): void {
    this.#steps.push({ is: 'send', bytes });
  }
}

function damaged(draw: Draw, bytes: Buffer): Buffer {
  const at = draw.below(bytes.length);
  switch (draw.below(3)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([draw.below(256)]), bytes.subarray(at + 1)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(draw.below(bytes.length))]);
  }
}

function cut(draw: Draw, bytes: Buffer, cuts: number): Buffer[] {
  const at = Array.from({ length: cuts }, () => draw.below(bytes.length + 1)).sort((one, other) => one - other);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

/** What is sent at once arrives at once, often; a frame in two pieces, sometimes. */
function joined(draw: Draw, steps: readonly Step[]): Step[] {
  const all: Step[] = [];
  for (const step of steps) {
    const last = all.at(-1);
    if (step.is === 'send' && last?.is === 'send') {
      all[all.length - 1] = { is: 'send', bytes: Buffer.concat([last.bytes, step.bytes]) };
    } else all.push(step);
  }
  return all.flatMap((step): Step[] => {
    if (step.is !== 'send' || !draw.isOneIn(5)) return [step];
    return cut(draw, step.bytes, 1).flatMap((bytes): Step[] => [
      { is: 'send', bytes },
      { is: 'turns', count: 2 },
    ]);
  });
}
