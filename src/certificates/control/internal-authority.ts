/**
 * The certificate authority of this gateway, for development: a root that is kept in a file, and certificates of a few
 * days that are issued whenever they are needed.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { createFile, fileFailure } from '../../runtime/create-file.ts';
import { makeFolder } from '../../runtime/make-folder.ts';
import { readStart } from '../../runtime/read-start.ts';
import { issueCertificate } from '../issue-certificate.ts';
import { parseCertificates } from '../pem-files.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ROOT_MS = 3650 * DAY_MS;
const LEAF_MS = 7 * DAY_MS;
/** A client's clock may be behind. */
const EARLIER_MS = HOUR_MS;

/** Of the root and its key. */
const FILE = 'internal-ca.pem';
const MAX_BYTES = 65_536;

export interface IssuedPair {
  readonly leaf: X509Certificate;
  readonly chainPem: string;
  readonly keyPem: string;
}

export class InternalAuthority {
  readonly rootPem: string;
  readonly #root: X509Certificate;
  readonly #key: KeyObject;

  /**
   * The one in the folder, made if there is none or if it has expired.
   * @param folder created if missing. Throws Error with the reason if it cannot be read or written.
   */
  static open(folder: string, nowMs: number): InternalAuthority {
    const path = join(folder, FILE);
    try {
      makeFolder(folder, 0o700);
      const kept = read(path);
      if (kept !== undefined && kept.#root.validToDate.getTime() > nowMs) return kept;
      if (kept !== undefined) rmSync(path);
      return save(path, make(nowMs));
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      throw new Error(`"${path}" cannot be used: ${fileFailure(error)}`, { cause: error });
    }
  }

  constructor(rootPem: string, key: KeyObject) {
    this.rootPem = rootPem;
    this.#root = new X509Certificate(rootPem);
    this.#key = key;
  }

  /** @param hosts canonical, at least one */
  issue(hosts: readonly string[], nowMs: number): IssuedPair {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const leafPem = issueCertificate(
      {
        subject: hosts[0]!.slice(0, MAX_COMMON_NAME),
        issuer: commonName(this.#root),
        publicKey,
        serial: newSerial(),
        notBeforeMs: nowMs - EARLIER_MS,
        notAfterMs: Math.min(nowMs + LEAF_MS, this.#root.validToDate.getTime()),
        hosts,
      },
      this.#key,
    );
    return { leaf: new X509Certificate(leafPem), chainPem: leafPem, keyPem: toPem(privateKey) };
  }
}

/** Of names (RFC 5280, ub-common-name). */
const MAX_COMMON_NAME = 64;

/** Undefined: there is none. */
function read(path: string): InternalAuthority | undefined {
  let text: string;
  try {
    text = readStart(path, MAX_BYTES).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const [root] = parseCertificates(text);
    const key = createPrivateKey(text);
    if (root!.checkPrivateKey(key)) return new InternalAuthority(String(root), key);
  } catch {
    // The reason may quote the file.
  }
  throw new Error(`"${path}" is damaged; remove it to have a new root made, which clients must then trust`);
}

function make(nowMs: number): { readonly rootPem: string; readonly key: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = `Sluice internal CA ${hostname().replaceAll(/[^A-Za-z0-9.-]/g, '')}`.trim().slice(0, MAX_COMMON_NAME);
  const dates = { notBeforeMs: nowMs - EARLIER_MS, notAfterMs: nowMs + ROOT_MS };
  const template = { subject: name, issuer: name, publicKey, serial: newSerial(), ...dates, hosts: null };
  return { rootPem: issueCertificate(template, privateKey), key: privateKey };
}

/** If another gateway has just made one, that is used; on file systems without hard links, after a restart. */
function save(path: string, { rootPem, key }: ReturnType<typeof make>): InternalAuthority {
  createFile(path, rootPem + toPem(key));
  return read(path)!;
}

function commonName({ subject }: X509Certificate): string {
  return subject.replace(/^CN=/, '');
}

/** Positive, and unlikely to be repeated (Baseline Requirements 7.1). */
function newSerial(): Uint8Array {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  return serial;
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
