/**
 * The public key within a private one, without OpenSSL, which takes a hundred times as long to read a key. Like
 * OpenSSL, it does not compute one from the other.
 */
import type { LeafParts } from './leaf-parts.ts';
import { type DerValue, haveTags, readInside, readValues, strictPem } from './read-der.ts';

export interface PublicHalf {
  /** DER of the AlgorithmIdentifier in a certificate with this key. */
  readonly algorithm: Buffer;
  /** EC: the bit string's content; RSA: modulus and exponent, DER. */
  readonly key: Buffer;
  readonly isRsa: boolean;
}

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const RSA = hex('300d06092a864886f70d0101010500');
/** Size of a coordinate in bytes, AlgorithmIdentifier. */
const CURVES = [
  { size: 32, algorithm: hex('301306072a8648ce3d020106082a8648ce3d030107') },
  { size: 48, algorithm: hex('301006072a8648ce3d020106052b81040022') },
  { size: 66, algorithm: hex('301006072a8648ce3d020106052b81040023') },
];
/** Where the curve begins in them. */
const CURVE_AT = 11;
/** With the zero byte before the highest bit: 2048 bits. */
const MIN_MODULUS_BYTES = 257;

/** Undefined: only OpenSSL can tell. That is so for whatever is not common, and for all keys that are refused. */
export function publicHalf(pem: string): PublicHalf | undefined {
  const { label, der } = strictPem(pem) ?? {};
  if (label === undefined || der === undefined) return undefined;
  const values = readInside(der, 0x30, 0, der.length);
  if (label === 'RSA PRIVATE KEY') return rsaHalf(der, values);
  if (label === 'EC PRIVATE KEY') {
    const [, , curve] = values;
    if (!haveTags(values, 0x02, 0x04, 0xa0, 0xa1)) return undefined;
    const known = CURVES.find(({ algorithm }) => algorithm.subarray(CURVE_AT).equals(content(der, curve!)));
    return known && ecHalf(der, [values[0]!, values[1]!, values[3]!], known);
  }
  if (label !== 'PRIVATE KEY' || !haveTags(values, 0x02, 0x30, 0x04)) return undefined;
  const [version, { start, to }, key] = values as [DerValue, DerValue, DerValue];
  if (!isNumber(der, version, 0)) return undefined;
  const algorithm = der.subarray(start, to);
  const inner = readInside(der, 0x30, key.from, key.to);
  if (RSA.equals(algorithm)) return rsaHalf(der, inner);
  const known = CURVES.find((curve) => curve.algorithm.equals(algorithm));
  return known && ecHalf(der, inner, known);
}

/** Whether it is the public key of a certificate. */
export function isPublicHalf(
  half: PublicHalf,
  der: Buffer,
  { algorithm, bits }: Pick<LeafParts, 'algorithm' | 'bits'>,
): boolean {
  if (!half.algorithm.equals(der.subarray(algorithm.start, algorithm.to))) return false;
  if (!half.isRsa) return half.key.equals(content(der, bits));
  const numbers = readInside(der, 0x30, bits.from + 1, bits.to);
  return (
    der[bits.from] === 0 &&
    haveTags(numbers, 0x02, 0x02) &&
    half.key.equals(der.subarray(numbers[0]!.start, numbers[1]!.to))
  );
}

/** RFC 5915. @param values version, private key, public key */
function ecHalf(
  der: Buffer,
  values: readonly DerValue[],
  { size, algorithm }: (typeof CURVES)[number],
): PublicHalf | undefined {
  if (!haveTags(values, 0x02, 0x04, 0xa1) || !isNumber(der, values[0]!, 1)) return undefined;
  const [bits, ...more] = readValues(der, values[2]!.from, values[2]!.to);
  if (bits?.tag !== 0x03 || more.length > 0 || values[1]!.to - values[1]!.from !== size) return undefined;
  const key = content(der, bits);
  // No unused bits, not compressed.
  if (key.length !== 2 * size + 2 || key[0] !== 0 || key[1] !== 4) return undefined;
  return { algorithm, key, isRsa: false };
}

/** RFC 8017, A.1.2. */
function rsaHalf(der: Buffer, values: readonly DerValue[]): PublicHalf | undefined {
  const [version, modulus, exponent] = values;
  if (!haveTags(values, ...Array<number>(9).fill(0x02)) || !isNumber(der, version!, 0)) return undefined;
  if (modulus!.to - modulus!.from < MIN_MODULUS_BYTES) return undefined;
  return { algorithm: RSA, key: der.subarray(modulus!.start, exponent!.to), isRsa: true };
}

function isNumber(der: Buffer, { from, to }: DerValue, number: number): boolean {
  return to - from === 1 && der[from] === number;
}

function content(der: Buffer, { from, to }: DerValue): Buffer {
  return der.subarray(from, to);
}
