/** What a certificate consists of (RFC 5280, 4.1), apart from what thousands of one authority have in common. */
import { type DerValue, haveTags, readInside, readValues } from './read-der.ts';

export interface LeafParts {
  /** All the rest: the same for certificates that differ in nothing else. */
  readonly common: string;
  /** Hex, upper case. */
  readonly serial: string;
  /** As Date writes it; there need not be such a day. */
  readonly validFrom: string;
  readonly validTo: string;
  /** DNS names, as they are in it. */
  readonly names: readonly string[];
  /** Of the public key: AlgorithmIdentifier, bit string. */
  readonly algorithm: DerValue;
  readonly bits: DerValue;
}

/** Undefined: something in it is unusual, or wrong. */
export function leafParts(der: Buffer): LeafParts | undefined {
  const text = ({ start, to }: DerValue): string => der.toString('latin1', start, to);
  const whole = readInside(der, 0x30, 0, der.length);
  if (!haveTags(whole, 0x30, 0x30, 0x03)) return undefined;
  const [content, signedBy, proof] = whole as [DerValue, DerValue, DerValue];
  const fields = readValues(der, content.from, content.to);
  if (!haveTags(fields, 0xa0, 0x02, 0x30, 0x30, 0x30, 0x30, 0x30, 0xa3)) return undefined;
  const [version, number, signature, issuer, validity, subject, publicKey, extensions] = fields as Fields;
  const [from, until, ...noDate] = readValues(der, validity.from, validity.to);
  const [algorithm, bits, ...noKey] = readValues(der, publicKey.from, publicKey.to);
  if (from === undefined || until === undefined || noDate.length > 0) return undefined;
  if (algorithm === undefined || bits?.tag !== 0x03 || noKey.length > 0) return undefined;
  // No unused bits.
  if (proof.to - proof.from < 2 || der[proof.from] !== 0) return undefined;
  const [serial, validFrom, validTo] = [serialOf(der, number), dateOf(der, from), dateOf(der, until)];
  const [attributes, listed] = [attributesOf(der, subject), extensionsOf(der, extensions)];
  if (serial === undefined || validFrom === undefined || validTo === undefined) return undefined;
  if (attributes === undefined || listed === undefined) return undefined;
  const common = [version, signature, issuer, algorithm, signedBy].map(text).join('') + attributes + listed.common;
  return { common, serial, validFrom, validTo, names: listed.names, algorithm, bits };
}

type Fields = [DerValue, DerValue, DerValue, DerValue, DerValue, DerValue, DerValue, DerValue];

/** Positive and as short as possible, as everybody writes them. */
function serialOf(der: Buffer, { from, to }: DerValue): string | undefined {
  if (from === to) return undefined;
  const [first, second = 0] = [der[from]!, der[from + 1]];
  const isPadded = first === 0;
  if (first >= 0x80 || (isPadded && (second < 0x80 || to - from === 1))) return undefined;
  return der.toString('hex', isPadded ? from + 1 : from, to).toUpperCase();
}

const TIME = /^(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** RFC 5280, 4.1.2.5; as Date writes it. Undefined: it is in another form. */
export function dateOf(der: Buffer, { tag, from, to }: DerValue): string | undefined {
  const text = der.toString('latin1', from, to);
  const [, century, year = '', month, day, hour, minute, second] = TIME.exec(text) ?? [];
  if (tag !== (century === undefined ? 0x17 : 0x18)) return undefined;
  return `${century ?? (year < '50' ? 20 : 19)}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
}

/** The types of the attributes in a name; undefined: not all are of letters that every encoding has. */
function attributesOf(der: Buffer, name: DerValue): string | undefined {
  let types = '';
  for (const set of readValues(der, name.from, name.to)) {
    const attribute = readInside(der, 0x30, set.from, set.to);
    const [type, value] = attribute;
    const isPlain = haveTags(attribute, 0x06, UTF8_STRING) || haveTags(attribute, 0x06, PRINTABLE_STRING);
    if (set.tag !== 0x31 || !isPlain || !/^[ -~]+$/.test(der.toString('latin1', value!.from, value!.to)))
      return undefined;
    types += der.toString('latin1', type!.start, type!.to);
  }
  return types;
}

const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;

/** Object identifiers, DER, of extensions whose content is of one certificate. */
const SUBJECT_ALT_NAME = oid('0603551d11');
const KEY_ID = oid('0603551d0e');
const TIMESTAMPS = oid('060a2b06010401d679020402');

function oid(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}

/** What thousands have in common, and the names; undefined: something in it is unusual. */
function extensionsOf(der: Buffer, { from, to }: DerValue): { common: string; names: readonly string[] } | undefined {
  let [common, names]: [string, readonly string[]] = ['', []];
  for (const { tag, start, from: first, to: end } of readInside(der, 0x30, from, to)) {
    const parts = readValues(der, first, end);
    // The second form has whether it is critical.
    if (tag !== 0x30 || !(haveTags(parts, 0x06, 0x04) || haveTags(parts, 0x06, 0x01, 0x04))) return undefined;
    const [id, value] = [parts[0]!, parts.at(-1)!];
    const type = der.toString('latin1', id.start, id.to);
    if (type === SUBJECT_ALT_NAME) {
      const listed = readInside(der, 0x30, value.from, value.to);
      names = listed.map((name) => der.toString('latin1', name.from, name.to));
      if (!listed.every((name, at) => name.tag === 0x82 && /^[a-z0-9*._-]+$/i.test(names[at]!))) return undefined;
    } else if (type === KEY_ID || type === TIMESTAMPS) {
      if (!haveTags(readValues(der, value.from, value.to), 0x04)) return undefined;
    } else {
      common += der.toString('latin1', start, end);
      continue;
    }
    common += der.toString('latin1', first, value.start);
  }
  return { common, names };
}
