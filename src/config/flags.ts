import type { TSchema } from '@sinclair/typebox';

import type { ConfigDocument } from './file/document.ts';
import { readVariable, type Environment } from './file/read-variable.ts';
import { isRecord, putAt, toPointer, valueAt, type Path } from './file/path.ts';
import { finding, type Finding } from './file/problem.ts';
import { coerce, schemaAt } from './schema/schema-at.ts';

/** The command-line flags, as text: they are validated by the same schema as the file. */
export interface Flags {
  readonly host?: string;
  readonly port?: string;
  readonly adminHost?: string;
  readonly adminPort?: string;
  readonly threads?: string;
  readonly dataDir?: string;
  /** Backends of the pool `default`. */
  readonly backends?: readonly string[];
}

const FLAG_PATHS = {
  host: ['--host', ['server', 'host']],
  port: ['--port', ['server', 'port']],
  adminHost: ['--admin-host', ['admin', 'host']],
  adminPort: ['--admin-port', ['admin', 'port']],
  threads: ['--threads', ['server', 'threads']],
  dataDir: ['--data-dir', ['database', 'data_dir']],
} as const satisfies Record<Exclude<keyof Flags, 'backends'>, readonly [string, Path]>;

const VARIABLE_PATHS = {
  DATABASE_URL: ['database', 'url'],
  SLUICE_ADMIN_TOKEN: ['admin', 'token'],
  SLUICE_REGION: ['server', 'locality', 'region'],
  SLUICE_ZONE: ['server', 'locality', 'zone'],
} as const satisfies Record<string, Path>;

/** The key that a variable sets without being used in the file, dotted. */
export function impliedSetting(variable: string): string | undefined {
  return Object.hasOwn(VARIABLE_PATHS, variable)
    ? VARIABLE_PATHS[variable as keyof typeof VARIABLE_PATHS].join('.')
    : undefined;
}

/** Applies the flags over the file (a flag wins), and the known variables under it (the file wins), in place. */
export function applyFlags(
  document: ConfigDocument,
  schema: TSchema,
  flags: Flags,
  environment: Environment,
): readonly Finding[] {
  const set = (path: Path, value: unknown, source: string, reference?: string): void => {
    if (!putAt(document.root, path, value)) return;
    document.origins.set(toPointer(path), {
      source,
      key: null,
      value: null,
      text: typeof value === 'string' ? value : null,
      variables: [],
      ...(reference === undefined ? {} : { reference, interpolated: value }),
    });
  };
  for (const [name, [flag, path]] of Object.entries(FLAG_PATHS)) {
    const text = flags[name as keyof typeof FLAG_PATHS];
    if (text !== undefined) set(path, coerce(schemaAt(schema, path), text), flag);
  }
  const unread: Finding[] = [];
  for (const [name, path] of Object.entries(VARIABLE_PATHS)) {
    if (valueAt(document.root, path) !== undefined) continue;
    const { value, mistake } = readVariable(environment, name);
    if (mistake !== undefined) unread.push(finding(path, mistake));
    if (value !== undefined && value !== '') set(path, value, name, `\${${name}}`);
  }
  return [...unread, ...addBackends(document, flags.backends ?? [], set)];
}

function addBackends(
  document: ConfigDocument,
  urls: readonly string[],
  set: (path: Path, value: unknown, source: string) => void,
): readonly Finding[] {
  const path = ['pools', 'default'];
  if (urls.length === 0) return [];
  const pools = valueAt(document.root, ['pools']);
  if (isRecord(pools) && Object.hasOwn(pools, 'default')) {
    const message = 'the file has this pool, so --backend cannot add it; change the file or leave --backend out';
    return [finding(path, message, { atKey: true })];
  }
  set(path, { backends: urls.map((url) => ({ url })) }, '--backend');
  const origin = document.origins.get(toPointer(path));
  // `pools` is not a mapping: the check will report that.
  if (origin === undefined) return [];
  for (const [at, url] of urls.entries()) {
    document.origins.set(toPointer([...path, 'backends', String(at), 'url']), { ...origin, text: url });
  }
  return [];
}
