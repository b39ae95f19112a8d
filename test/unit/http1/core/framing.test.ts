import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Framing } from '../../../../src/http1/core/framing.ts';

function framing(...fields: string[]): Framing {
  const read = new Framing();
  read.read(fields);
  return read;
}

describe('framing', () => {
  it('is none without fields', () => {
    const { contentLength, hasTransferEncoding, isChunked, saysClose, saysKeepAlive } = framing('Host', 'x');
    assert.deepEqual(
      [contentLength, hasTransferEncoding, isChunked, saysClose, saysKeepAlive],
      [-1, false, false, false, false],
    );
  });

  it('knows its fields in any case, and no others of that length', () => {
    for (const name of ['Content-Length', 'content-length', 'CONTENT-LENGTH', 'cOnTeNt-LeNgTh']) {
      assert.equal(framing(name, '7').contentLength, 7);
    }
    for (const name of ['Content_Length', 'Content-Lengtk', 'xContentLength']) {
      assert.equal(framing(name, '7').contentLength, -1);
    }
    for (const name of ['Transfer-Encoding', 'TRANSFER-encoding']) {
      assert.equal(framing(name, 'chunked').isChunked, true);
    }
    assert.equal(framing('Transfer_Encoding', 'chunked').hasTransferEncoding, false);
    assert.equal(framing('CONNECTION', 'close').saysClose, true);
    assert.equal(framing('Connectiom', 'close').saysClose, false);
    assert.equal(framing('connection', 'keep-alive').saysKeepAlive, true);
  });

  it('is chunked when that is the one coding, in any case', () => {
    for (const value of ['chunked', 'Chunked', 'CHUNKED'])
      assert.equal(framing('Transfer-Encoding', value).isChunked, true);
    for (const value of [
      '',
      'gzip',
      'gzip, chunked',
      'chunked, gzip',
      'chunked ',
      '\tchunked',
      'chunke',
      'chunked;q=1',
    ]) {
      const { hasTransferEncoding, isChunked } = framing('Transfer-Encoding', value);
      assert.deepEqual([hasTransferEncoding, isChunked], [true, false], value);
    }
    assert.equal(framing('Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked').isChunked, false);
    assert.equal(framing('Transfer-Encoding', 'gzip', 'Transfer-Encoding', 'chunked').isChunked, false);
  });

  it('has a fault where a coding comes after chunked, or none is named', () => {
    const codingFault = (...values: string[]): string | null =>
      framing(...values.flatMap((value) => ['Transfer-Encoding', value])).codingFault;
    for (const values of [
      ['chunked'],
      ['gzip'],
      ['gzip, chunked'],
      ['gzip', 'Chunked'],
      ['gzip', 'br , chunked'],
      // Other codings: only SP and HTAB surround an element.
      ['\xa0chunked, gzip'],
      ['gzip, chunked\xa0', 'br'],
      [],
    ]) {
      assert.equal(codingFault(...values), null, values.join('; '));
    }
    for (const values of [
      ['chunked, gzip'],
      ['CHUNKED \t,gzip'],
      ['chunked,'],
      ['gzip, chunked, br'],
      ['chunked', 'gzip'],
      ['chunked', 'chunked'],
      ['gzip, chunked', 'br'],
    ]) {
      assert.equal(codingFault(...values), 'a transfer coding behind chunked', values.join('; '));
    }
    assert.equal(codingFault(''), 'Transfer-Encoding is empty');
    const read = new Framing();
    read.read(['Transfer-Encoding', 'chunked, gzip']);
    read.read(['Transfer-Encoding', 'chunked']);
    assert.deepEqual([read.codingFault, read.isChunked], [null, true]);
  });

  it('refuses what two recipients may read in two ways', () => {
    for (const fields of [
      ['Content-Length', '1', 'Transfer-Encoding', 'chunked'],
      ['Transfer-Encoding', 'gzip', 'Content-Length', '0'],
      ['Content-Length', '1', 'content-length', '1'],
      ['Content-Length', '+1'],
      ['Content-Length', '1x'],
      ['Content-Length', ''],
    ]) {
      assert.throws(() => framing(...fields), { kind: 'invalid' }, fields.join());
    }
  });

  it('reads all options of all Connection fields', () => {
    const { saysClose, saysKeepAlive } = framing('Connection', 'x,\t Keep-Alive ,', 'Connection', 'CLOSE');
    assert.deepEqual([saysClose, saysKeepAlive], [true, true]);
    for (const value of ['closed', 'x-close', 'close\xa0', 'close;x', '"close"', 'keep alive', '']) {
      const read = framing('Connection', value);
      assert.deepEqual([read.saysClose, read.saysKeepAlive], [false, false], value);
    }
  });

  it('takes time in proportion to a list, even if it is full of blanks', () => {
    const blanks = ' '.repeat(200_000);
    const startMs = performance.now();
    framing('Connection', `a${blanks}b`, 'Transfer-Encoding', `a${blanks}b`);
    assert.ok(performance.now() - startMs < 1000);
  });

  it('forgets the message before', () => {
    const read = new Framing();
    read.read(['Connection', 'close', 'Content-Length', '5']);
    read.read(['Transfer-Encoding', 'chunked', 'Connection', 'keep-alive']);
    assert.deepEqual([read.contentLength, read.saysClose], [-1, false]);
    read.read([]);
    assert.deepEqual([read.hasTransferEncoding, read.isChunked, read.saysKeepAlive], [false, false, false]);
  });

  it('takes lengths up to 2^53 − 1', () => {
    assert.equal(framing('Content-Length', '9007199254740991').contentLength, Number.MAX_SAFE_INTEGER);
    assert.equal(framing('Content-Length', '0000000000000000000000000000001').contentLength, 1);
    assert.throws(() => framing('Content-Length', '9007199254740992'), { kind: 'body_too_large' });
    // As a number it is 2^53, too.
    assert.throws(() => framing('Content-Length', '9007199254740993'), { kind: 'body_too_large' });
  });
});
