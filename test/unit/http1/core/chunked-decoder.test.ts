import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkedDecoder } from '../../../../src/http1/core/chunked-decoder.ts';
import { readInEverySplit } from '../../../support/every-split.ts';

const HEAD = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\n\r\n';

describe('a chunked body', () => {
  const bodies: readonly (readonly [claim: string, text: string, body: string, trailers?: string])[] = [
    ['nothing but the last chunk', '0\r\n\r\n', ''],
    ['a chunk', '3\r\nabc\r\n0\r\n\r\n', 'abc'],
    ['sizes in both cases', 'A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n', '01234567890123456789a'],
    ['a size with leading zeros', '0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n', 'abc'],
    ['data that looks like framing', '5\r\n0\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n'],
    ['any byte as data', '4\r\n\0\n\r\xff\r\n0\r\n\r\n', '\0\n\r\xff'],
    ['an extension', '1;a\r\nx\r\n0\r\n\r\n', 'x'],
    ['nine bytes', '9\r\n123456789\r\n0\r\n\r\n', '123456789'],
    ['an extension with a value', '1;a=bcd;efg=h\r\nx\r\n0;e=f\r\n\r\n', 'x'],
    ['an extension with a quoted value', '1;a=" \t;=\\"\\\\\xff"\r\nx\r\n0\r\n\r\n', 'x'],
    ['a trailer', '1\r\nx\r\n0\r\nA: b\r\n\r\n', 'x', 'A|b'],
    [
      'trailers that only look like framing',
      '0\r\nX-Content-Length: 1\r\nTransfer-Encoding-X: 1\r\nA: content-length\r\n\r\n',
      '',
      'X-Content-Length|1|Transfer-Encoding-X|1|A|content-length',
    ],
    ['trailers, also with empty values', '0\r\nA:\r\nB: \t c d \t\r\n\r\n', '', 'A||B|c d'],
  ];
  for (const [claim, text, body, trailers = ''] of bodies) {
    it(`may have ${claim}`, () => {
      const { messages, fault } = readInEverySplit(`${HEAD}${text}${NEXT}`);
      assert.equal(fault, null);
      assert.equal(messages.length, 2);
      assert.equal(messages[0]!.body, body);
      assert.equal(messages[0]!.trailers.join('|'), trailers);
      assert.equal(messages[1]!.start, 'GET /next HTTP/1.1');
    });
  }

  const malformed: readonly (readonly [claim: string, text: string, fault?: RegExp])[] = [
    ['no size', '\r\nabc\r\n0\r\n\r\n'],
    ['no size in the last chunk', '\r\n\r\n'],
    ['no size before an extension', ';a\r\n\r\n'],
    ['another byte instead of the LF of a size', '3\rXabc\r\n0\r\n\r\n'],
    ['another byte instead of the CR of a chunk', '3\r\nabcX\n0\r\n\r\n'],
    ['another byte instead of the LF of a chunk', '3\r\nabc\rX0\r\n\r\n'],
    ['another byte instead of the CR of a size', '3X\nabc\r\n0\r\n\r\n'],
    ['a tenth digit', ':\r\n0123456789\r\n0\r\n\r\n'],
    ['a size with 0x', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['a size with a plus', '+3\r\nabc\r\n0\r\n\r\n'],
    ['a negative size', '-3\r\nabc\r\n0\r\n\r\n'],
    ['a size that is no number', 'g\r\nabc\r\n0\r\n\r\n'],
    ['a size with an underscore', '1_0\r\nabc\r\n0\r\n\r\n'],
    ['a size with an h', '3h\r\nabc\r\n0\r\n\r\n'],
    ['a space before the size', ' 3\r\nabc\r\n0\r\n\r\n'],
    ['a space behind the size', '3 \r\nabc\r\n0\r\n\r\n'],
    ['a tab behind the size', '3\t\r\nabc\r\n0\r\n\r\n'],
    ['a size that ends with LF alone', '3\nabc\r\n0\r\n\r\n'],
    ['a size that ends with CR alone', '3\rabc\r\n0\r\n\r\n'],
    ['a size that ends with CR CR LF', '3\r\r\nabc\r\n0\r\n\r\n'],
    ['a size of 2^53', '20000000000000\r\n'],
    ['a size of 2^64', '10000000000000000\r\n'],
    ['a size of 2^64 + 3', '10000000000000003\r\nabc\r\n0\r\n\r\n'],
    ['a size of 17 digits', '00000000000000003\r\nabc\r\n0\r\n\r\n'],
    ['a chunk that is longer than its size', '2\r\nabc\r\n0\r\n\r\n'],
    ['a chunk that is shorter than its size', '4\r\nabc\r\n0\r\n\r\n'],
    ['a chunk that ends with LF alone', '3\r\nabc\n0\r\n\r\n'],
    ['a chunk that ends with CR alone', '3\r\nabc\r0\r\n\r\n'],
    ['a chunk that ends with nothing', '3\r\nabc0\r\n\r\n'],
    ['an empty line behind a chunk', '3\r\nabc\r\n\r\n0\r\n\r\n'],
    ['an extension with a bare LF', '1;a\nx\r\nx\r\n0\r\n\r\n'],
    ['an extension that ends with LF alone', '1;a\nx\n0\n\n\r\n'],
    ['an extension with a bare CR', '1;a\rb\r\nx\r\n0\r\n\r\n'],
    ['an extension with a control character', '1;a=\x01\r\nx\r\n0\r\n\r\n'],
    ['an extension with a bare LF in quotes', '1;a="\n"\r\nx\r\n0\r\n\r\n'],
    ['an extension whose quotes do not end', '1;a="b\r\nx\r\n0\r\n\r\n'],
    ['an extension with spaces', '1 ; a = b\r\nx\r\n0\r\n\r\n'],
    ['an extension without a name', '1;\r\nx\r\n0\r\n\r\n'],
    ['an extension with an empty value', '1;a=\r\nx\r\n0\r\n\r\n'],
    ['a last line with LF alone', '0\r\n\n'],
    ['a last line with CR alone', '0\r\n\rX'],
    ['a trailer without a colon', '0\r\nA\r\n\r\n'],
    ['a trailer that ends with LF alone', '0\r\nA: b\n\r\n'],
    ['a trailer that is folded', '0\r\nA: b\r\n c\r\n\r\n'],
    ['a trailer with a space before the colon', '0\r\nA : b\r\n\r\n'],
    ['a trailer with a NUL', '0\r\nA: \0\r\n\r\n'],
    ['a trailer that begins with a space', '0\r\n A: b\r\n\r\n'],
    ['Content-Length as a trailer', '0\r\nContent-Length: 5\r\n\r\n'],
    ['Transfer-Encoding as a trailer', '0\r\nA: b\r\ntransfer-ENCODING: chunked\r\n\r\n'],
  ];
  for (const [claim, text] of malformed) {
    it(`with ${claim} is refused`, () => {
      const { messages, fault } = readInEverySplit(`${HEAD}${text}${NEXT}`);
      assert.match(fault ?? 'none', /^invalid: /);
      assert.equal(messages.length, 1);
      assert.equal(messages[0]!.isComplete, false);
      assert.deepEqual(messages[0]!.trailers, []);
    });
  }

  it('may announce a chunk of 2^53 − 1 bytes', () => {
    const { messages, fault } = readInEverySplit(`${HEAD}1fffffffffffff\r\nabc`);
    assert.equal(fault, null);
    assert.equal(messages[0]!.body, 'abc');
  });

  it('may have 16 KiB of extensions, over all chunks, and not one byte more', () => {
    const most = 16_384;
    const half = `;${'a'.repeat(most / 2 - 1)}`;
    const decoded = (last: string): number => {
      const decoder = new ChunkedDecoder(1000, () => {});
      const bytes = Buffer.from(`1${half}\r\nx\r\n1${half}\r\ny\r\n0${last}\r\n\r\n`);
      for (const byte of bytes) decoder.execute(Buffer.of(byte), 0);
      const whole = new ChunkedDecoder(1000, () => {});
      assert.equal(whole.execute(bytes, 0), bytes.length);
      assert.equal(whole.isDone, decoder.isDone);
      return bytes.length;
    };
    decoded('');
    assert.throws(() => decoded(';'), { kind: 'extensions_too_large' });
    const quoted = `;a="${'\\"'.repeat(most / 2 - 4)}"`;
    const decoder = new ChunkedDecoder(1000, () => {});
    decoder.execute(Buffer.from(`1${quoted}\r\nx\r\n0\r\n\r\n`), 0);
    assert.equal(decoder.isDone, true);
  });

  it('starts over with each message', () => {
    const pieces: string[] = [];
    const decoder = new ChunkedDecoder(1000, (piece) => pieces.push(String(piece)));
    for (let message = 0; message < 3; message += 1) {
      const bytes = Buffer.from(`1;${'a'.repeat(10_000)}\r\nx\r\n0\r\n${message === 0 ? 'A: b\r\n' : ''}\r\n`);
      assert.equal(decoder.execute(bytes, 0), bytes.length);
      assert.equal(decoder.isDone, true);
      assert.deepEqual(decoder.trailers, message === 0 ? ['A', 'b'] : []);
      decoder.reset();
      assert.equal(decoder.isDone, false);
      assert.deepEqual(decoder.trailers, []);
    }
    assert.deepEqual(pieces, ['x', 'x', 'x']);
  });

  it('passes the data of all chunks in the bytes on at once, also before a fault', () => {
    const pieces: string[] = [];
    const decoder = new ChunkedDecoder(1000, (piece) => pieces.push(String(piece)));
    decoder.execute(Buffer.from('1\r\na\r\n2;x\r\nbc\r\n3\r\nd'), 0);
    assert.throws(() => decoder.execute(Buffer.from('ef\r\n1\r\ng\r\nx'), 0), { kind: 'invalid' });
    assert.deepEqual(pieces, ['abcd', 'efg']);
  });

  it('may have as many bytes of trailers as the limit, and not one more', () => {
    const trailers = 'A: bcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl\r\n\r\n';
    for (const maxHeadBytes of [trailers.length, trailers.length - 1]) {
      const { fault } = readInEverySplit(`${HEAD}0\r\n${trailers}${NEXT}`, { maxHeadBytes });
      assert.equal(fault, maxHeadBytes === trailers.length ? null : `head_too_large: more than ${maxHeadBytes} bytes`);
    }
  });

  it('begins at the given index, ends where its bytes end, and gives views', () => {
    const pieces: Buffer[] = [];
    const decoder = new ChunkedDecoder(1000, (piece) => pieces.push(piece));
    const bytes = Buffer.from('xx3\r\nabc\r\n0\r\n\r\nrest');
    assert.equal(decoder.execute(bytes, 2), bytes.length - 4);
    assert.equal(decoder.execute(bytes, bytes.length - 4), bytes.length - 4, 'it is done');
    assert.deepEqual(pieces.map(String), ['abc']);
    assert.equal(pieces[0]!.buffer, bytes.buffer);
  });
});
