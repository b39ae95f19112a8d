import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkText, isToken, parseFields } from '../../../../src/http1/core/field-section.ts';
import { HttpFault } from '../../../../src/http1/core/http-fault.ts';

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

describe('a field section', () => {
  it('gives names as they are, and values without white space around them', () => {
    assert.deepEqual(parseFields('A:b\r\nc-D: \t e f \t\r\nG:\r\nH: \r\nI::', 0), [
      'A',
      'b',
      'c-D',
      'e f',
      'G',
      '',
      'H',
      '',
      'I',
      ':',
    ]);
    assert.deepEqual(parseFields('GET / HTTP/1.1\r\nA: b', 16), ['A', 'b']);
    assert.deepEqual(parseFields('', 0), []);
  });

  it('keeps a no-break space, which is no white space of HTTP', () => {
    assert.deepEqual(parseFields('A: \xa0b\xa0', 0), ['A', '\xa0b\xa0']);
  });

  it('knows the characters of tokens', () => {
    for (let code = 0; code < 256; code += 1) {
      const character = String.fromCharCode(code);
      assert.equal(isToken(character), TOKEN_CHARACTERS.includes(character), `0x${code.toString(16)}`);
      const line = `X${character}Y: z`;
      if (character === ':') assert.deepEqual(parseFields(line, 0), ['X', 'Y: z']);
      else if (TOKEN_CHARACTERS.includes(character)) assert.deepEqual(parseFields(line, 0), [`X${character}Y`, 'z']);
      else assert.throws(() => parseFields(line, 0), HttpFault, `0x${code.toString(16)}`);
    }
  });

  it('has a name of any length, and checks long ones each time', () => {
    const long = 'n'.repeat(5000);
    for (let turn = 0; turn < 2; turn += 1) {
      assert.deepEqual(parseFields(`${long}: v`, 0), [long, 'v']);
      assert.throws(() => parseFields(`${long} : v`, 0), { message: 'a header name is not a token' });
    }
  });

  it('reads the same however many names it has seen', () => {
    for (let name = 0; name < 5000; name += 1) {
      assert.deepEqual(parseFields(`x-${name}: v`, 0), [`x-${name}`, 'v']);
    }
    assert.throws(() => parseFields('x-1 : v', 0), HttpFault);
  });

  it('says what is wrong', () => {
    assert.throws(() => parseFields('A: b\r\n c', 0), { message: 'a header line has no colon' });
    assert.throws(() => parseFields('A: b\r\n c: d', 0), { message: 'a header line is folded' });
    assert.throws(() => parseFields('A\r\nB: c', 0), { message: 'a header line has no colon' });
    assert.throws(() => parseFields(': a', 0), { message: 'a header name is not a token' });
  });
});

describe('the text of a section', () => {
  it('has no controls but HTAB and CRLF', () => {
    for (let code = 0; code < 256; code += 1) {
      const text = `a${String.fromCharCode(code)}b`;
      const isAllowed = code === 9 || (code >= 0x20 && code !== 0x7f);
      if (isAllowed) checkText(text);
      else assert.throws(() => checkText(text), HttpFault, `0x${code.toString(16)}`);
    }
    checkText('a\r\nb\r\n\r\n');
    assert.throws(() => checkText('a\x01'), { message: 'control character 0x01' });
    assert.throws(() => checkText('a\n'), { message: 'a line ends with LF alone' });
    assert.throws(() => checkText('a\r'), { message: 'CR without LF' });
    for (const text of ['\n', '\r', 'a\r\r\n', 'a\n\r\n', 'a\n\r', '\r\n\n']) {
      assert.throws(() => checkText(text), HttpFault, JSON.stringify(text));
    }
  });
});
