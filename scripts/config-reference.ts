import type { TObject, TSchema } from '@sinclair/typebox';

import { allowedText } from '../src/config/schema/explain.ts';
import { SHARED_KEYS } from '../src/config/schema/pool-schema.ts';
import { isArraySchema, isObjectSchema, isRecordSchema, recordValue } from '../src/config/schema/schema-at.ts';
import { ConfigSchema } from '../src/config/schema/schema.ts';

const HEAD = `<!-- Generated from src/config/schema/schema.ts by scripts/write-config-docs.ts. Do not edit. -->

# Configuration

Sluice reads one file: \`sluice.yaml\` in the working directory, or the one given by \`--config FILE\` (or \`SLUICE_CONFIG\`). It is
YAML, strict JSON if its name ends in \`.json\`, or [TypeScript](config-ts.md). \`sluice check FILE\` reports every error with its line and column, and
starts nothing. \`sluice.example.yaml\` shows every key with its default. For completion in an editor, start the file with:

\`\`\`yaml
# yaml-language-server: $schema=./openapi/config.schema.json
\`\`\`

\`sluice schema --out FILE\` writes this schema anywhere, with the options of your [plugins](plugins.md#options).

- **Precedence**: flags override the file. \`DATABASE_URL\` and \`SLUICE_ADMIN_TOKEN\` are used if the file does not set
  \`database.url\` and \`admin.token\`.
- **Variables**: \`\${NAME}\` in a value is replaced by the environment variable; \`\${NAME:-default}\` has a default for one that is not set
  or empty; \`$\${\` is a literal \`\${\`. A value that is one variable may be a number or true/false. Inside \`{ }\` and \`[ ]\`,
  YAML requires quotes around it: \`"\${NAME}"\`. The value of a variable is never parsed as YAML.
  It is never shown, not even in errors; the reference is shown instead. Text sent to the admin API may only use
  the variables that the current file uses, and a secret one only at the same key.
- **Secrets in files**: if \`NAME\` is not set or empty, Sluice reads the file that \`NAME_FILE\` names, without the last line break:
  \`SLUICE_ADMIN_TOKEN_FILE=/run/secrets/admin_token\`. It does so for \`\${NAME}\` and for the variables above, at start and at each
  reload. The file has at most 64 KiB.
- **Limits**: a file has at most 4 MiB, 32 levels, 16,384 characters in a value, 256 in a key, and 4,096 each of backends,
  pools and routes.
- **Durations** are a number and \`ms\`, \`s\`, \`m\` or \`h\`, at most 24h: \`250ms\`, \`1.5s\`, \`1m\`.
- A key without a value (\`token:\`) is treated as missing.
- **Flags**: \`--host --port --admin-host --admin-port --threads --data-dir\`, and one \`--backend URL\` per backend for a
  gateway without a file.
`;

const NOTES: Readonly<Record<string, string>> = {
  pools:
    'At least one. The default `id` of a backend is derived from pool, host, port and path: `default-127.0.0.1-8081`.',
  routes: 'Optional with a single pool, or with a pool named `default`, which then gets every request.',
};

/** docs/configuration.md: one table for each mapping of the file. */
export function configReference(): string {
  const parts = [HEAD];
  for (const [key, schema] of Object.entries(ConfigSchema.properties as Record<string, TSchema>)) {
    if (key === 'route_defaults') parts.push(`\n## ${headingOf(key)}\n\n${schema.description}\n`);
    else if (isObjectSchema(schema)) parts.push(...tables(schema, key, headingOf(key)));
    if (isRecordSchema(schema)) parts.push(...tables(recordValue(schema) as TObject, `${key}.NAME`, headingOf(key)));
    if (isArraySchema(schema)) parts.push(...tables(schema.items as TObject, `${key}[]`, headingOf(key)));
  }
  return parts.join('');
}

function headingOf(key: string): string {
  const isShared = (SHARED_KEYS as readonly string[]).includes(key);
  return isShared ? `\`${key}\`, at the top or in a pool` : `\`${key}\``;
}

function tables(schema: TObject, path: string, heading: string): readonly string[] {
  const rows: string[] = [];
  const inner: string[] = [];
  for (const [key, one] of Object.entries(schema.properties as Record<string, TSchema>)) {
    const below = `${path}.${key}`;
    const isShared = path.startsWith('pools') && (SHARED_KEYS as readonly string[]).includes(key);
    if (isShared) rows.push(row(key, `a mapping: [below](#${key}-at-the-top-or-in-a-pool)`, 'as at the top', one));
    else if (isObjectSchema(one)) inner.push(...tables(one, below, `\`${below}\``));
    else if (isRecordSchema(one) && isObjectSchema(recordValue(one))) {
      rows.push(row(key, allowedText(one), fallbackText(schema, key, one), one));
      inner.push(...tables(recordValue(one) as TObject, `${below}.NAME`, `\`${below}.NAME\``));
    } else if (isArraySchema(one) && isObjectSchema(one.items)) {
      rows.push(row(key, allowedText(one), fallbackText(schema, key, one), one));
      inner.push(...tables(one.items, `${below}[]`, `\`${below}[]\``));
    } else rows.push(row(key, typeText(one), fallbackText(schema, key, one), one));
  }
  const depth = /[.[]/.test(path.replace(/^(pools\.NAME|routes\[\])$/, '')) ? '###' : '##';
  const note = NOTES[path.split(/[.[]/)[0]!];
  const intro = `\n${depth} ${heading}\n\n${schema.description ?? ''}${note !== undefined && depth === '##' ? ` ${note}` : ''}\n`;
  const table = ['| key | allowed | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
  return [rows.length === 0 ? intro : `${intro}\n${table}\n`, ...inner];
}

function typeText(schema: TSchema): string {
  // Stated at the top of the page; in every row it would be noise.
  if (schema.format === 'sluice-duration') return 'a duration above zero';
  if (schema.format === 'sluice-duration-or-zero') return 'a duration';
  return isArraySchema(schema) ? `a list; each ${allowedText(schema.items)}` : allowedText(schema);
}

function fallbackText(parent: TObject, key: string, schema: TSchema): string {
  if (schema.default !== undefined) {
    return `\`${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)}\``;
  }
  return parent.required?.includes(key) === true ? 'required' : 'none';
}

function row(key: string, allowed: string, fallback: string, schema: TSchema): string {
  return `| \`${key}\` | ${allowed} | ${fallback} | ${schema.description ?? ''} |`.replaceAll('\n', ' ');
}
