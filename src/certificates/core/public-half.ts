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
/** Size of a coordinate in bytes, AlgorithmIdentifier, and y² = x³ − 3x + b mod p (FIPS 186-4, D.1.2). */
const CURVES = [
  {
    size: 32,
    algorithm: hex('301306072a8648ce3d020106082a8648ce3d030107'),
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  {
    size: 48,
    algorithm: hex('301006072a8648ce3d020106052b81040022'),
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  {
    size: 66,
    algorithm: hex('301006072a8648ce3d020106052b81040023'),
    p: 2n ** 521n - 1n,
    b: BigInt(
      '0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00',
    ),
  },
];
type Curve = (typeof CURVES)[number];
/** Where the curve begins in them. */
const CURVE_AT = 11;
const MIN_MODULUS_BITS = 2048;

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
function ecHalf(der: Buffer, values: readonly DerValue[], curve: Curve): PublicHalf | undefined {
  const { size, algorithm } = curve;
  if (!haveTags(values, 0x02, 0x04, 0xa1) || !isNumber(der, values[0]!, 1)) return undefined;
  const [bits, ...more] = readValues(der, values[2]!.from, values[2]!.to);
  if (bits?.tag !== 0x03 || more.length > 0 || values[1]!.to - values[1]!.from !== size) return undefined;
  const key = content(der, bits);
  // No unused bits, not compressed.
  if (key.length !== 2 * size + 2 || key[0] !== 0 || key[1] !== 4) return undefined;
  return isOnCurve(key.subarray(2), curve) ? { algorithm, key, isRsa: false } : undefined;
}

/** OpenSSL refuses other points. */
function isOnCurve(point: Buffer, { size, p, b }: Curve): boolean {
  const [x, y] = [point.subarray(0, size), point.subarray(size)].map((part) => BigInt(`0x${part.toString('hex')}`));
  return x! < p && y! < p && (y! * y! - (x! * x! - 3n) * x! - b) % p === 0n;
}

/** RFC 8017, A.1.2. */
function rsaHalf(der: Buffer, values: readonly DerValue[]): PublicHalf | undefined {
  const [version, modulus, exponent] = values;
  if (!haveTags(values, ...Array<number>(9).fill(0x02)) || !isNumber(der, version!, 0)) return undefined;
  if (bitsOf(der, modulus!) < MIN_MODULUS_BITS) return undefined;
  return { algorithm: RSA, key: der.subarray(modulus!.start, exponent!.to), isRsa: true };
}

/** 0: the number is negative, or not in its shortest form. */
function bitsOf(der: Buffer, { from, to }: DerValue): number {
  const [first = 0, second = 0] = der.subarray(from, to);
  if (first >= 0x80 || (first === 0 && second < 0x80)) return 0;
  return 8 * (to - from) - Math.clz32(first) + 24;
}

function isNumber(der: Buffer, { from, to }: DerValue, number: number): boolean {
  return to - from === 1 && der[from] === number;
}

function content(der: Buffer, { from, to }: DerValue): Buffer {
  return der.subarray(from, to);
}
