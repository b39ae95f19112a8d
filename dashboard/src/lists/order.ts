/** The order of rows: numbers by size, addresses as numbers, names with their digits as numbers. Pure. */

/** Null: nothing known; such rows come last in either direction. */
export type Value = string | number | null;

export interface Sort {
  readonly column: string;
  readonly isDescending: boolean;
}

const names = new Intl.Collator(undefined, { numeric: true });

interface Key {
  readonly value: Value;
  /** Digits of equal length, so that their order is that of the addresses; null: not an address. */
  readonly address: string | null;
}

/** Stable, and in linear memory: each value is read once. */
export function sortedBy<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => Value,
  isDescending: boolean,
): readonly Row[] {
  const sign = isDescending ? -1 : 1;
  return rows
    .map((row) => ({ row, key: keyOf(valueOf(row)) }))
    .toSorted(({ key: one }, { key: other }) => {
      if (one.value === null || other.value === null) return Number(one.value === null) - Number(other.value === null);
      return sign * compare(one, other);
    })
    .map(({ row }) => row);
}

/** After a click on the head of a column: ascending, descending, then the order of the view. */
export function nextSort(sort: Sort | null, column: string): Sort | null {
  if (sort?.column !== column) return { column, isDescending: false };
  return sort.isDescending ? null : { column, isDescending: true };
}

function keyOf(value: Value): Key {
  return { value, address: typeof value === 'string' ? addressKey(value) : null };
}

/** IPv4, IPv6, other text; numbers before text. */
function compare(one: Key, other: Key): number {
  if (typeof one.value === 'number' && typeof other.value === 'number') return one.value - other.value;
  if (one.address !== null && other.address !== null && one.address !== other.address)
    return one.address < other.address ? -1 : 1;
  if ((one.address === null) !== (other.address === null)) return one.address === null ? 1 : -1;
  return names.compare(String(one.value), String(other.value));
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w.-])/;
const IPV6 = /^\[?([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*)(?=[\]/%]|$)/i;

/** Of an address, a network (`10.0.0.0/8`) or a URL that has one as its host. */
function addressKey(text: string): string | null {
  const host = text.replace(SCHEME, '');
  const four = IPV4.exec(host);
  if (four !== null)
    return `4${four
      .slice(1)
      .map((part) => part.padStart(3, '0'))
      .join('')}`;
  const six = IPV6.exec(host)?.[1];
  // The browser's parser knows every notation, and refuses what is none.
  const url = six === undefined ? null : URL.parse(`http://[${six}]/`);
  return url === null ? null : `6${expanded(url.hostname.slice(1, -1))}`;
}

/** `fe80::1` in full, without colons. */
function expanded(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('');
}
