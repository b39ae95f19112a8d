/** `sluice certs`: the certificates that a gateway serves, from the admin API. */
import type { CertificateAnswer } from '../../certificates/api/certificate-view.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { runSubcommand, UsageError } from '../read-words.ts';
import { table } from '../top/text.ts';

export const commandLine = {
  about: 'lists the certificates for clients, with their state and the days until they expire.',
  usage: '[flags]',
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION, ...HELP_OPTION },
  notes: 'Ends with 1 if a certificate has expired, could not be ordered, or its new files cannot be served.',
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('certs', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`takes no words, found '${words[0]}'`);
    const address = adminAddress(values, context);
    const { body } = await callAdmin<{ readonly items: readonly CertificateAnswer[] }>(
      address,
      'GET',
      '/v1/api/certificates',
    );
    context.out(values.json ? `${JSON.stringify(body.items)}\n` : certificateTable(body.items));
    return body.items.every(({ state, error }) => state !== 'expired' && error === null) ? 0 : 1;
  });
}

function certificateTable(certificates: readonly CertificateAnswer[]): string {
  if (certificates.length === 0) return 'no certificates: the configuration has no section tls\n';
  const rows = certificates.map((certificate) => [
    hostsText(certificate.hosts),
    certificate.state,
    String(certificate.days_left ?? '-'),
    certificate.not_after?.slice(0, 10) ?? '-',
    certificate.source,
    certificate.issuer ?? '-',
  ]);
  const errors = certificates.flatMap(({ hosts, error, next_attempt: next }) =>
    error === null ? [] : [`${hosts[0]}: ${error}${next === null ? '' : `; next attempt ${next.slice(0, 16)}Z`}\n`],
  );
  const lines = table([['HOSTS', 'STATE', 'DAYS LEFT', 'EXPIRES', 'SOURCE', 'ISSUER'], ...rows], [2]);
  return `${lines.join('\n')}\n${errors.length === 0 ? '' : `\n${errors.join('')}`}`;
}

function hostsText([first = '', ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
