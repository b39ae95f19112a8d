import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternatesIn, leadsTo } from '../../../../../src/acme/control/protocol/chain-choice.ts';
import { authority } from '../../../../support/issued.ts';

const BASE = 'https://ca.example.com/cert/1';

const LINKS: readonly (readonly [link: string | undefined, urls: readonly string[]])[] = [
  [undefined, []],
  ['<https://ca.example.com/dir>;rel="index"', []],
  ['<https://ca.example.com/cert/1/1>;rel="alternate"', ['https://ca.example.com/cert/1/1']],
  [
    '<https://ca.example.com/dir>;rel="index", </cert/1/1>; rel="alternate", <https://ca.example.com/cert/1/2>;title=x;rel=alternate',
    ['https://ca.example.com/cert/1/1', 'https://ca.example.com/cert/1/2'],
  ],
  ['<http://ca.example.com/cert/1/1>;rel="alternate"', []],
  ['<file:///etc/passwd>;rel="alternate"', []],
  ['<', []],
];

test('the other chains are in the Link field', () => {
  for (const [link, urls] of LINKS) {
    assert.deepEqual(alternatesIn({ headers: { ...(link !== undefined && { link }) } }, BASE), urls, link);
  }
});

test('an authority cannot have us load chains without end', () => {
  const link = Array.from({ length: 100 }, (_, at) => `<https://ca.example.com/${at}>;rel="alternate"`).join(', ');
  assert.equal(alternatesIn({ headers: { link } }, BASE).length, 5);
});

test('a chain leads to the issuer of its last certificate', () => {
  const { cert } = authority('Test Root X1').issue(['a.example.com']);
  assert.equal(leadsTo(cert, 'Test Root X1'), true);
  assert.equal(leadsTo(cert, 'Test Root X2'), false);
  assert.equal(leadsTo(cert, 'Test Root'), false);
  assert.equal(leadsTo('no certificate', 'Test Root X1'), false);
});
