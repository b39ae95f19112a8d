import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { accessSync, closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

import { fileStampSync, stampOf } from './file-stamp.ts';
import { fileReason } from '../runtime/file-reason.ts';
import { readOpen } from '../runtime/read-start.ts';

/** All root certificates of a browser take a quarter of it. */
const MAX_BYTES = 1024 * 1024;

/** Certificates, keys and other files that the configuration uses: each is read once, so that what was checked is what is used. */
export class PemFiles {
  readonly #cwd: string;
  readonly #texts = new Map<string, string | Error>();
  readonly #contents = new Map<string, string | Error>();
  readonly #parsed = new Map<string, { readonly value: unknown } | Error>();
  readonly #stamps = new Map<string, string>();
  readonly #scratch = Buffer.alloc(16_384);
  readonly #only: ReadonlySet<string> | undefined;

  /**
   * @param cwd relative names start here.
   * @param only names of the files that may be opened; undefined: all.
   */
  constructor(cwd: string, only?: readonly string[]) {
    this.#cwd = cwd;
    this.#only = only && new Set(only.map((file) => resolve(cwd, file)));
  }

  mayRead(file: string): boolean {
    return this.#only?.has(resolve(this.#cwd, file)) ?? true;
  }

  /** For a file that may be opened. Throws Error with the reason. */
  read(file: string): string {
    const known = this.#known(file);
    if (known instanceof Error) throw known;
    return known;
  }

  /** As {@link read}, for bytes of any kind: a character a byte. */
  readContent(file: string): string {
    const known = this.#contents.get(file) ?? this.#read(file, 'latin1');
    this.#contents.set(file, known);
    if (known instanceof Error) throw known;
    return known;
  }

  /**
   * What a file that may be opened means: it is parsed once. Throws the error of `parse`, or Error with the reason.
   *
   * @param parse always the same for a file
   */
  readAs<T>(file: string, maxBytes: number, parse: (bytes: Buffer) => T): T {
    const known = this.#parsed.get(file) ?? this.#parse(file, maxBytes, parse);
    this.#parsed.set(file, known);
    if (known instanceof Error) throw known;
    return known.value as T;
  }

  /**
   * For files that may be opened and will be read. In a row they take less time than each before its use: 0.4 s of CPU with
   * 10,000 certificates.
   */
  readAhead(files: Iterable<string>): void {
    for (const file of files) this.#known(file);
  }

  /** Of a file that was read, from before that: see fileStamp. */
  stamp(file: string): string {
    return this.#stamps.get(file) ?? '';
  }

  /** For a file that may be opened: why it is no program; undefined: it is one. */
  faultOfProgram(file: string): string | undefined {
    try {
      const path = resolve(this.#cwd, file);
      accessSync(path, constants.X_OK);
      return statSync(path).isFile() ? undefined : 'cannot be run: it is not a file';
    } catch (error) {
      return `cannot be run: ${fileReason(error)}`;
    }
  }

  #known(file: string): string | Error {
    const known = this.#texts.get(file);
    if (known !== undefined) return known;
    const read = this.#read(file, 'utf8');
    this.#texts.set(file, read);
    return read;
  }

  #parse<T>(file: string, maxBytes: number, parse: (bytes: Buffer) => T): { readonly value: T } | Error {
    const bytes = this.#readBytes(file, maxBytes);
    if (bytes instanceof Error) return bytes;
    try {
      return { value: parse(bytes) };
    } catch (error) {
      return error as Error;
    }
  }

  #read(file: string, encoding: 'utf8' | 'latin1'): string | Error {
    const bytes = this.#readBytes(file, MAX_BYTES);
    return bytes instanceof Error ? bytes : bytes.toString(encoding);
  }

  /** Valid until the next call. */
  #readBytes(file: string, maxBytes: number): Buffer | Error {
    const path = resolve(this.#cwd, file);
    let descriptor: number | undefined;
    try {
      // Opening a pipe must not wait for its writer.
      descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stat = fstatSync(descriptor);
      this.#stamps.set(file, stampOf(stat));
      // A pipe or a device may be endless.
      if (!stat.isFile())
        return new Error(`cannot be read: ${stat.isDirectory() ? 'it is a folder' : 'it is not a file'}`);
      const bytes = readOpen(descriptor, maxBytes + 1, stat.size, this.#scratch);
      return bytes.length > maxBytes ? new Error(`is larger than ${maxBytes} bytes`) : bytes;
    } catch (error) {
      if (!this.#stamps.has(file)) this.#stamps.set(file, fileStampSync(path));
      return new Error(`cannot be read: ${fileReason(error)}`);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}

/** In the order of the text, at least one. Throws Error with the reason. */
export function parseCertificates(pem: string): readonly X509Certificate[] {
  return certificateBlocks(pem).map(parseBlock);
}

/** The PEM of each certificate, at least one. Throws Error with the reason. */
export function certificateBlocks(pem: string): readonly string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('contains no PEM certificate');
  return blocks;
}

/** The PEM of each list of revoked certificates; perhaps none. */
export function revocationBlocks(pem: string): readonly string[] {
  return pem.match(/-----BEGIN X509 CRL-----[^]*?-----END X509 CRL-----/g) ?? [];
}

/** Throws Error with the reason. */
export function parseBlock(block: string, at: number, blocks: readonly string[]): X509Certificate {
  try {
    const certificate = new X509Certificate(block);
    if ([certificate.validFrom, certificate.validTo].includes(INVALID_DATE)) throw new Error(INVALID_DATE);
    return certificate;
  } catch {
    throw new Error(`certificate ${at + 1} of ${blocks.length} in it cannot be read`);
  }
}

/** OpenSSL's text for an invalid date; as a Date, it is arbitrary. */
const INVALID_DATE = 'Bad time value';

/** Throws Error with the reason, which never repeats the text. */
export function parsePrivateKey(pem: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) throw new Error('contains a key with a passphrase; use one without');
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error('contains no PEM private key');
  }
}
