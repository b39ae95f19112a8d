/** Certificates made for one test: an authority, and what it issues. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { issueCertificate, type CertificateTemplate } from '../../src/certificates/issue-certificate.ts';

const DAY_MS = 86_400_000;

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Wanted extends Partial<Pick<CertificateTemplate, 'notBeforeMs' | 'notAfterMs' | 'extensions'>> {
  /** Default: EC on P-256. */
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

export interface Authority {
  readonly cert: string;
  issue(hosts: readonly string[], wanted?: Wanted): Issued;
  /** Another one below it. */
  intermediate(name: string): Authority;
}

export function ecKeys(namedCurve = 'P-256'): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve });
}

export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function authority(name = 'test root', above?: { readonly name: string; readonly key: KeyObject }): Authority {
  const { publicKey, privateKey } = ecKeys();
  const issuer = above ?? { name, key: privateKey };
  const cert = issueCertificate({ ...template(name, publicKey), issuer: issuer.name, hosts: null }, issuer.key);
  return {
    cert,
    issue: (hosts, { keys = ecKeys(), ...more } = {}) => ({
      cert: issueCertificate({ ...template('leaf', keys.publicKey), issuer: name, hosts, ...more }, privateKey),
      key: keyPem(keys.privateKey),
    }),
    intermediate: (below) => authority(below, { name, key: privateKey }),
  };
}

function template(subject: string, publicKey: KeyObject) {
  const now = Date.now();
  return { subject, publicKey, serial: randomBytes(8), notBeforeMs: now - DAY_MS, notAfterMs: now + 30 * DAY_MS };
}
