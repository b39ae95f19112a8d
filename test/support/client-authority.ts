/** An authority for client certificates, by openssl: with names of any kind, any lifetime, and revocation. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ClientAuthority {
  readonly cert: string;
  /** @param names as openssl writes them: `URI:spiffe://a/b,DNS:a.test`. */
  issue(commonName: string, names?: string, days?: number): ClientCertificate;
  /** The list of what was revoked so far, with these. */
  revoke(...certificates: readonly ClientCertificate[]): string;
  close(): void;
}

const CONFIG = `
[ca]
default_ca = test
[test]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 30
policy = anything
unique_subject = no
copy_extensions = copy
[anything]
commonName = supplied
`;

/** Needs openssl. */
export function clientAuthority(name: string): ClientAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ca-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(join(folder, 'ca.cnf'), CONFIG);
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(join(folder, 'serial'), '1000\n');
  writeFileSync(join(folder, 'crlnumber'), '01\n');
  openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', '30', '-keyout', 'ca.key', '-out', 'ca.pem');
  let count = 0;
  return {
    cert: read('ca.pem'),
    issue: (commonName, names, days = 10) => {
      const file = `c${(count += 1)}`;
      const extensions = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
      const request = ['-subj', `/CN=${commonName}`, '-keyout', `${file}.key`, '-out', `${file}.csr`];
      openssl('req', '-new', ...newKey, ...request, ...extensions);
      const life =
        days > 0 ? ['-days', String(days)] : ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'];
      openssl('ca', '-batch', '-config', 'ca.cnf', ...life, '-in', `${file}.csr`, '-out', `${file}.pem`, '-notext');
      return { cert: read(`${file}.pem`), key: read(`${file}.key`) };
    },
    revoke: (...certificates) => {
      for (const { cert } of certificates) {
        writeFileSync(join(folder, 'revoked.pem'), cert);
        openssl('ca', '-config', 'ca.cnf', '-revoke', 'revoked.pem');
      }
      openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'crl.pem');
      return read('crl.pem');
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
