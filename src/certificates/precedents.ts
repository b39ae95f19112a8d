/**
 * Thousands of certificates from one authority differ in little: names, dates, keys and numbers. If one was judged
 * without a remark, only these are judged of the next one, which takes a tenth of the time. What is out of the ordinary
 * has no precedent.
 */
import { createHash, type X509Certificate } from 'node:crypto';

import { isPublicHalf, publicHalf } from './core/public-half.ts';
import { leafParts, type LeafParts } from './core/leaf-parts.ts';
import { strictPem } from './core/read-der.ts';
import { parseBlock } from './pem-files.ts';

/** What is shown of a certificate. */
export type Leaf = Pick<
  X509Certificate,
  'issuer' | 'serialNumber' | 'validFromDate' | 'validToDate' | 'fingerprint256' | 'raw'
>;

/** A certificate for which there is a precedent, and its key. */
export interface Alike {
  readonly leaf: Leaf;
  /** As they are in it. */
  readonly names: readonly string[];
  readonly chainPem: string;
}

interface Precedent {
  readonly issuer: string;
  /** Behind the first certificate, as it is served. */
  readonly rest: string;
}

/** For pairs that are judged at one time. */
export class Precedents {
  readonly #known = new Map<string, Precedent>();
  readonly #issuers = new Map<string, X509Certificate>();

  /** As parseBlock, each issuer once: thousands of files have the same. */
  readonly parse = (block: string, at: number, blocks: readonly string[]): X509Certificate => {
    if (at === 0) return parseBlock(block, at, blocks);
    const known = this.#issuers.get(block) ?? parseBlock(block, at, blocks);
    this.#issuers.set(block, known);
    return known;
  };

  /** Of one that was judged without a remark, and has a chain. @param chainPem as it is served */
  add(file: string, { issuer }: Leaf, chainPem: string): void {
    const read = readLeaf(file);
    if (read !== undefined) this.#known.set(read.kind, { issuer, rest: readLeaf(chainPem)!.rest });
  }

  /** Undefined: there is no precedent, or the key does not belong to the certificate. */
  find(file: string, keyPem: string): Alike | undefined {
    const read = this.#known.size === 0 ? undefined : readLeaf(file);
    const precedent = read && this.#known.get(read.kind);
    const half = precedent && publicHalf(keyPem);
    if (half === undefined || !isPublicHalf(half, read!.der, read!.parts)) return undefined;
    const { parts, pem } = read!;
    const [from, to] = [parts.validFrom, parts.validTo].map((text) => new Date(text)) as [Date, Date];
    if (!isWrittenAs(from, parts.validFrom) || !isWrittenAs(to, parts.validTo)) return undefined;
    const leaf = new AlikeLeaf(precedent!.issuer, parts.serial, from, to, pem);
    return { leaf, names: parts.names, chainPem: pem + precedent!.rest };
  }
}

interface ReadLeaf {
  readonly pem: string;
  readonly der: Buffer;
  readonly parts: LeafParts;
  /** Behind it, in the file. */
  readonly rest: string;
  /** Of those with the same kind, one is a precedent for the others. */
  readonly kind: string;
}

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/** The first certificate of a file. */
function readLeaf(file: string): ReadLeaf | undefined {
  const [start, end] = [file.indexOf(BEGIN), file.indexOf(END) + END.length];
  const pem = file.slice(Math.max(0, start), end);
  const { der } = strictPem(pem) ?? {};
  const parts = der && leafParts(der);
  if (parts === undefined) return undefined;
  const rest = file.slice(end);
  return { pem, der: der!, parts, rest, kind: rest + parts.common };
}

/** Not so: there is no such day. */
function isWrittenAs(date: Date, text: string): boolean {
  return !Number.isNaN(date.getTime()) && date.toISOString() === text;
}

class AlikeLeaf implements Leaf {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly validFromDate: Date;
  readonly validToDate: Date;
  readonly #pem: string;

  constructor(issuer: string, serialNumber: string, validFromDate: Date, validToDate: Date, pem: string) {
    this.issuer = issuer;
    this.serialNumber = serialNumber;
    this.validFromDate = validFromDate;
    this.validToDate = validToDate;
    this.#pem = pem;
  }

  get raw(): Buffer<ArrayBuffer> {
    return strictPem(this.#pem)!.der;
  }

  get fingerprint256(): string {
    const digest = createHash('sha256').update(this.raw).digest('hex').toUpperCase();
    return digest.match(/../g)!.join(':');
  }
}
