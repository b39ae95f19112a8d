import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Http1Request } from '../../../../src/http1/server/http1-request.ts';
import { Http1Response } from '../../../../src/http1/server/http1-response.ts';
import { Draw } from '../../../../tools/fuzz/draw.ts';
import { readWithLlhttp } from '../../../../tools/fuzz/llhttp-reading.ts';
import { recordedSocket } from '../../../support/recorded-socket.ts';

const NEXT = 'HTTP/1.1 200 Next\r\nContent-Length: 0\r\n\r\n';
const VALUE = 'abc019,;:="\'()/\\<>@[]{}?&%\x80\xa0\xe4\xff';

interface Written {
  readonly method: string;
  readonly version: '1.1' | '1.0';
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly string[];
  readonly pieces: readonly string[];
  /** A Content-Length is sent. */
  readonly hasLength: boolean;
  readonly trailers: readonly (readonly [string, string])[];
  /** The response begins when its turn has come, or waits for it. */
  readonly isCurrent: boolean;
}

/** The bytes that leave. */
function write({ method, version, status, reason, fields, pieces, hasLength, trailers, isCurrent }: Written): string {
  const { socket, written } = recordedSocket();
  const request = new Http1Request(socket, { onDemand: () => {} }, { method, target: '/', version, fields: [] });
  const ignore = (): void => {};
  const sink = { keepAliveSeconds: 5, mayGoOn: () => true, onHeld: ignore, onEnded: ignore, onCut: ignore };
  const response = new Http1Response(request, sink);
  if (isCurrent) response.onTurn();
  const length = hasLength ? ['content-length', String(pieces.join('').length)] : [];
  response.begin(status, reason, [...fields, ...length]);
  for (const piece of pieces) response.chunk(Buffer.from(piece, 'latin1'));
  response.addTrailers(trailers);
  response.end();
  if (!isCurrent) response.onTurn();
  return written();
}

describe('a response as it is written to a client', () => {
  it('is read by llhttp as it was meant, and so is what follows it', () => {
    const draw = new Draw(1);
    for (let turn = 0; turn < 2000; turn += 1) {
      const meant: Written = {
        method: draw.usually('GET', 4, ['HEAD', 'POST']),
        version: draw.usually('1.1', 6, ['1.0'] as const),
        status: draw.usually(200, 3, [204, 304, 404, 500, 599]),
        reason: draw.of(['', 'OK', 'a\tb \xe4']),
        fields: Array.from({ length: draw.below(4) }, () => ['x-a', draw.text(VALUE, 1 + draw.below(9))]).flat(),
        pieces: Array.from({ length: draw.below(4) }, () =>
          draw.text('ab0\r\n\xff', draw.below(draw.isOneIn(30) ? 40_000 : 12)),
        ),
        hasLength: draw.isOneIn(2),
        trailers: draw.isOneIn(4) ? [['x-sum', '1']] : [],
        isCurrent: draw.isOneIn(2),
      };
      const text = write(meant);
      const { messages, fault } = readWithLlhttp({
        isResponse: true,
        bytes: Buffer.from(`${text}${NEXT}`, 'latin1'),
        heads: [meant.method === 'HEAD'],
      });
      const isBodiless = meant.method === 'HEAD' || meant.status === 204 || meant.status === 304;
      const isChunked = !isBodiless && !meant.hasLength && meant.version === '1.1';
      const endsWithConnection = !isBodiless && !meant.hasLength && !isChunked;
      assert.equal(fault, null, text);
      const [response, next] = messages as [(typeof messages)[0], (typeof messages)[0] | undefined];
      assert.equal(response.start, `${meant.status} ${meant.reason}`);
      assert.deepEqual(response.fields.slice(0, meant.fields.length), meant.fields);
      const body = isBodiless ? '' : meant.pieces.join('');
      assert.equal(response.body, endsWithConnection ? `${body}${NEXT}` : body);
      assert.deepEqual(response.trailers, isChunked ? meant.trailers.flat() : []);
      assert.equal(next?.start, endsWithConnection ? undefined : '200 Next');
    }
  });
});
