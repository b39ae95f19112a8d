/** `sluice trust`: the root of a gateway's own certificates, and how to trust it. Installs nothing itself. */
import { X509Certificate } from 'node:crypto';
import { ADMIN_OPTIONS, adminAddress, readAdmin } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';

const OPTIONS = {
  pem: { type: 'boolean', help: 'only the certificate, to write it into a file' },
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
  ...HELP_OPTION,
} as const satisfies OptionTable;

export const commandLine = {
  about: 'prints the root of the certificates with `internal: true`, and how to trust it. It installs nothing.',
  usage: '[flags]',
  options: OPTIONS,
  notes: `Anyone who can read the gateway's data_dir can issue certificates with this root: trust it on development machines
only.
If the admin port itself has such a certificate, give the gateway's own file where it runs.
Examples:
  sluice trust --pem > sluice-root.pem && curl --cacert sluice-root.pem https://localhost:8443/
  sluice trust --admin https://localhost:9000 --ca-file data/internal-ca.pem --pem`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('trust', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`takes no words, found '${words[0]}'`);
    const pem = await readAdmin(adminAddress(values, context), '/v1/api/tls/root.pem');
    if (values.json) {
      const { subject, validToDate, fingerprint256 } = certificateOf(pem);
      const root = { pem, subject, not_after: validToDate.toISOString(), fingerprint_sha256: fingerprint256 };
      context.out(`${JSON.stringify(root)}\n`);
      return 0;
    }
    context.out(values.pem ? pem : `${pem}\n${describe(pem)}\n\n${INSTRUCTIONS}`);
    return 0;
  });
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CommandFailure('the gateway sent something that is no certificate');
  }
}

function describe(pem: string): string {
  const { subject, validToDate, fingerprint256 } = certificateOf(pem);
  return `${subject}\nvalid until ${validToDate.toISOString()}\nSHA-256 ${fingerprint256}`;
}

const INSTRUCTIONS = `Write it into a file: sluice trust --pem > sluice-root.pem. Then, as an administrator:

Debian, Ubuntu    cp sluice-root.pem /usr/local/share/ca-certificates/sluice-root.crt && update-ca-certificates
Fedora, RHEL      cp sluice-root.pem /etc/pki/ca-trust/source/anchors/ && update-ca-trust
macOS             security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain sluice-root.pem
Windows           certutil -addstore -f ROOT sluice-root.pem
Firefox           Settings, Certificates, Authorities, Import
curl, Node.js     curl --cacert sluice-root.pem, NODE_EXTRA_CA_CERTS=sluice-root.pem
`;
