import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { csvOf } from '../../../dashboard/src/lists/csv.ts';
import { nextSort, sortedBy, type Value } from '../../../dashboard/src/lists/order.ts';

const sorted = (values: readonly Value[], isDescending = false) => sortedBy(values, (value) => value, isDescending);

describe('the order of rows', () => {
  test('addresses are sorted as numbers, IPv4 before IPv6 before names', () => {
    const expected = [
      '9.0.0.1',
      '10.0.0.0/8',
      'http://10.0.0.2:8081',
      'https://10.0.0.2:8443/a',
      '10.0.0.12',
      '192.168.0.1',
      '::1',
      '[2001:db8::2]:80',
      '2001:db8::a',
      '2001:db8::10',
      'http://[2001:db8:1::]:8080/x',
      'fe80::1',
      '10.0.0.1.example',
      'b2',
      'b10',
    ];
    assert.deepEqual(sorted(expected.toReversed()), expected);
  });

  test('numbers go by size, and what is unknown comes last in both directions', () => {
    assert.deepEqual(sorted([10, null, 9, -1]), [-1, 9, 10, null]);
    assert.deepEqual(sorted([10, null, 9, -1], true), [10, 9, -1, null]);
  });

  test('rows that are equal keep their order, in both directions', () => {
    const rows = [
      ['a', 1],
      ['b', 1],
      ['c', 0],
    ] as const;
    assert.deepEqual(
      sortedBy(rows, ([, value]) => value, true).map(([name]) => name),
      ['a', 'b', 'c'],
    );
  });

  test('a head is ascending, descending, and then the order of the view', () => {
    const one = nextSort(null, 'Id');
    const two = nextSort(one, 'Id');
    assert.deepEqual(
      [one, two],
      [
        { column: 'Id', isDescending: false },
        { column: 'Id', isDescending: true },
      ],
    );
    assert.equal(nextSort(two, 'Id'), null);
    assert.deepEqual(nextSort(two, 'URL'), { column: 'URL', isDescending: false });
  });
});

describe('an export', () => {
  test('has a line for each row, quoted where it must be', () => {
    const text = csvOf(
      ['id', 'note'],
      [
        ['a', 'one, "two"\nthree'],
        ['b;c', null],
        ['d', -1.5],
      ],
    );
    assert.equal(text, '\uFEFFid,note\r\na,"one, ""two""\nthree"\r\n"b;c",\r\nd,-1.5\r\n');
  });

  test('has no text that a spreadsheet would run', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
      const [, cell = ''] = /\r\n([^]*)\r\n$/.exec(csvOf(['x'], [[text]])) ?? [];
      assert.match(cell, /^"?'/, JSON.stringify(text));
    }
    assert.match(csvOf(['x'], [['=HYPERLINK("http://x","y")']]), /"'=HYPERLINK\(""http:\/\/x"",""y""\)"/);
  });
});
