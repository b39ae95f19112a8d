import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SectionReader } from '../../../../src/http1/core/section-reader.ts';

describe('a section', () => {
  it('is the text up to its empty line, from where it begins', () => {
    const reader = new SectionReader(100);
    const bytes = Buffer.from('xxA: b\r\nC: \xff\r\n\r\nrest', 'latin1');
    assert.equal(reader.read(bytes, 2), bytes.length - 4);
    assert.equal(reader.takeText(), 'A: b\r\nC: \xff');
  });

  it('may be cut anywhere, also in its empty line, with the next section behind it', () => {
    const bytes = Buffer.from('A: b\r\n\r\nnext', 'latin1');
    for (let first = 1; first < 8; first += 1) {
      const reader = new SectionReader(100);
      assert.equal(reader.read(bytes.subarray(0, first), 0), -1);
      assert.equal(reader.start(100), 'A: b\r\n\r\n'.slice(0, first));
      assert.equal(reader.read(bytes, first), 8);
      assert.equal(reader.takeText(), 'A: b');
      assert.equal(reader.start(100), '', 'nothing is kept');
    }
  });

  it('is refused at the first byte that no section can have', () => {
    for (const [before, wrong] of [
      ['A: b', '\0'],
      ['A: b', '\n'],
      ['A: b\r', 'x'],
      ['A: b\r', '\r'],
      ['A: b\r\n', '\n'],
      ['A: b\r\n\r', 'x'],
      ['', '\x7f'],
    ] as const) {
      const reader = new SectionReader(100);
      if (before !== '') assert.equal(reader.read(Buffer.from(before), 0), -1);
      assert.throws(() => reader.read(Buffer.from(wrong), 0), { kind: 'invalid' }, JSON.stringify(before + wrong));
    }
  });

  it('has the fault of a byte within the limit, rather than of being too long', () => {
    const whole = new SectionReader(8);
    assert.throws(() => whole.read(Buffer.from('A: \0bcdefgh\r\n\r\n'), 0), { kind: 'invalid' });
    const cut = new SectionReader(8);
    cut.read(Buffer.from('A: '), 0);
    assert.throws(() => cut.read(Buffer.from('\0bcdefgh\r\n\r\n'), 0), { kind: 'invalid' });
    const behind = new SectionReader(8);
    assert.throws(() => behind.read(Buffer.from('A: bcdef\0'), 0), { kind: 'head_too_large' });
  });

  it('does not keep a view of what it was given', () => {
    const reader = new SectionReader(100);
    const bytes = Buffer.from('A: b');
    reader.read(bytes, 0);
    bytes.fill(0x78);
    assert.equal(reader.start(100), 'A: b');
  });

  it('may have as many bytes as the limit, whatever the pieces', () => {
    const bytes = Buffer.from('A: bcd\r\n\r\n');
    for (let first = 0; first < bytes.length; first += 1) {
      for (const limit of [bytes.length, bytes.length - 1]) {
        const read = (): number => {
          const reader = new SectionReader(limit);
          if (first > 0) reader.read(bytes.subarray(0, first), 0);
          return reader.read(bytes, first);
        };
        if (limit === bytes.length) assert.equal(read(), bytes.length);
        else assert.throws(read, { kind: 'head_too_large', message: 'more than 9 bytes' });
      }
    }
  });
});
