/** `sluice certs [list|add|remove]`: the certificates that a gateway serves, by the admin API. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CertificateAnswer } from '../../certificates/api/certificate-view.ts';
import { isLoopback } from '../../config/check/check-listeners.ts';
import { fileReason } from '../../runtime/file-reason.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin, type AdminAddress } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError, unknownAction } from '../read-words.ts';
import { notThere } from '../operate/near-names.ts';
import { table } from '../top/text.ts';

const WORDS = {
  list: 'all of them; the default',
  add: 'CERT_FILE KEY_FILE: upload a certificate with its intermediates, and its key',
  remove: 'HOST or ID: remove an uploaded one, or one on demand',
  rollover: 'ISSUER: change the key of the account with this authority',
} as const;

const OPTIONS = {
  host: {
    type: 'string',
    value: 'NAME',
    multiple: true,
    help: 'add: a name it is served for; default: all in the certificate',
  },
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
  ...HELP_OPTION,
} as const satisfies OptionTable;

export const commandLine = {
  about:
    'lists the certificates for clients, with their state and the days until they expire; uploads and removes some.',
  usage: '[list | add CERT_FILE KEY_FILE | remove HOST | rollover ISSUER] [flags]',
  words: WORDS,
  options: OPTIONS,
  notes: 'list ends with 1 if a certificate has expired, could not be ordered, or its new files cannot be served.',
} as const satisfies CommandLine;

const PREFIX = '/v1/api/certificates';

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('certs', commandLine, args, context, async ({ values, words: [verb = 'list', ...more] }) => {
    if (!Object.hasOwn(WORDS, verb)) throw unknownAction(verb, Object.keys(WORDS));
    const wanted = USAGES[verb as keyof typeof WORDS];
    const count = wanted === 'none' ? 0 : wanted === USAGES.add ? 2 : 1;
    if (more.length !== count) throw new UsageError(`${verb}: found ${more.length} words; allowed: ${wanted}`);
    const [first = '', second = ''] = more;
    const address = adminAddress(values, context);
    if (verb === 'add') return add(address, { certFile: first, keyFile: second, hosts: values.host }, values, context);
    if (verb === 'remove') return remove(address, first, values, context);
    if (verb === 'rollover') return rollover(address, first, values, context);
    const items = await list(address);
    context.out(values.json ? `${JSON.stringify(items)}\n` : certificateTable(items));
    return items.some(isFailed) ? 1 : 0;
  });
}

/** A client may ask for a name that cannot be ordered: that is in order. */
function isFailed({ source, state, error }: CertificateAnswer): boolean {
  return state === 'expired' || (error !== null && !(source === 'on_demand' && state === 'pending'));
}

const USAGES = { list: 'none', add: 'CERT_FILE KEY_FILE', remove: 'HOST or ID', rollover: 'ISSUER' } as const;

async function list(address: AdminAddress): Promise<readonly CertificateAnswer[]> {
  return (await callAdmin<{ readonly items: readonly CertificateAnswer[] }>(address, 'GET', PREFIX)).body.items;
}

interface Given {
  readonly certFile: string;
  readonly keyFile: string;
  readonly hosts: readonly string[];
}

async function add(
  address: AdminAddress,
  { certFile, keyFile, hosts }: Given,
  { json }: { readonly json: boolean },
  { cwd, out, err }: Context,
): Promise<ExitCode> {
  const { protocol, hostname } = new URL(address.url);
  if (protocol === 'http:' && !isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))) {
    throw new CommandFailure(`${address.url} is not encrypted: a private key is sent over https only, see admin.tls`);
  }
  const body = {
    cert_pem: readText(resolve(cwd, certFile)),
    key_pem: readText(resolve(cwd, keyFile)),
    ...(hosts.length === 0 ? {} : { hosts }),
  };
  const { status, body: answer } = await callAdmin<UploadedAnswer>(address, 'POST', PREFIX, body);
  for (const warning of answer.warnings) err(`warning: ${warning}\n`);
  const what = `${status === 201 ? 'added' : 'replaced'} ${answer.id!}`;
  out(json ? `${JSON.stringify(answer)}\n` : `${what}\n${certificateTable([answer])}`);
  return 0;
}

type UploadedAnswer = CertificateAnswer & { readonly warnings: readonly string[] };

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${fileReason(error)}`);
  }
}

/** @param name its id, or one of its hosts */
async function remove(
  address: AdminAddress,
  name: string,
  { json }: { readonly json: boolean },
  { out }: Context,
): Promise<ExitCode> {
  const items = await list(address);
  const found =
    items.find(({ id, source }) => source === 'uploaded' && id === name) ??
    items.find(({ hosts }) => hosts.includes(name));
  if (found === undefined) {
    const known = items.flatMap(({ id, source, hosts }) => [
      ...(source === 'uploaded' && id !== null ? [id] : []),
      ...hosts,
    ]);
    throw notThere('certificate', name, [...new Set(known)]);
  }
  if (found.source !== 'uploaded' && found.source !== 'on_demand') {
    throw new CommandFailure(`the certificate for ${name} is in the configuration: remove it there, and reload`);
  }
  await callAdmin(address, 'DELETE', `${PREFIX}/${encodeURIComponent(found.id!)}`);
  out(json ? `${JSON.stringify({ removed: found.id })}\n` : `removed ${found.id!}\n`);
  return 0;
}

async function rollover(
  address: AdminAddress,
  issuer: string,
  { json }: { readonly json: boolean },
  { out }: Context,
): Promise<ExitCode> {
  const path = `/v1/api/acme/${encodeURIComponent(issuer)}/rollover`;
  const { body } = await callAdmin<{ readonly account: string }>(address, 'POST', path);
  out(json ? `${JSON.stringify(body)}\n` : `changed the key of ${body.account}\n`);
  return 0;
}

function certificateTable(certificates: readonly CertificateAnswer[]): string {
  if (certificates.length === 0) return 'no certificates: the configuration has no section tls\n';
  const rows = certificates.map((certificate) => [
    hostsText(certificate.hosts),
    certificate.state,
    String(certificate.days_left ?? '-'),
    certificate.not_after?.slice(0, 10) ?? '-',
    certificate.source.replace('_', ' '),
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
