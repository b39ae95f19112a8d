/** The tables of docs/migrating, written between their markers from what the code knows about each format. */
import { table } from './architecture-reference.ts';
import { CADDY_TABLE } from '../src/cli/import/caddy/caddy-table.ts';
import { HAPROXY_TABLE } from '../src/cli/import/haproxy/haproxy-table.ts';
import { KONG_TABLE } from '../src/cli/import/kong/kong-table.ts';
import { NGINX_TABLE } from '../src/cli/import/nginx/nginx-table.ts';
import { TRAEFIK_TABLE } from '../src/cli/import/traefik/traefik-table.ts';
import type { DirectiveTable } from '../src/cli/import/outline/directive-table.ts';

const TABLES = {
  nginx: NGINX_TABLE,
  haproxy: HAPROXY_TABLE,
  traefik: TRAEFIK_TABLE,
  caddy: CADDY_TABLE,
  kong: KONG_TABLE,
} as const satisfies Record<string, DirectiveTable>;

/** The pages, by name of the format. */
export const MIGRATION_PAGES = Object.keys(TABLES) as readonly (keyof typeof TABLES)[];

/** `page` with its tables regenerated. */
export function withDirectives(page: string, format: keyof typeof TABLES): string {
  const { translated, lost, refused } = TABLES[format] as DirectiveTable;
  const lists = {
    translated: table(['there', 'here'], rowsOf(translated)),
    lost: table(['there', 'why nothing stands for it'], rowsOf(lost)),
    refused: table(['there', 'why it is refused'], rowsOf(refused)),
  };
  return Object.entries(lists).reduce((text, [name, list]) => {
    const marked = new RegExp(`(<!-- generated: ${name} -->\n).*?(<!-- end -->)`, 's');
    if (!marked.test(text)) throw new Error(`docs/migrating/${format}.md: no marker for the table ${name}`);
    return text.replace(marked, (_, begin: string, end: string) => `${begin}\n${list}\n${end}`);
  }, page);
}

function rowsOf(record: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return Object.entries(record).map(([names, text]) => [
    names
      .split(', ')
      .map((name) => `\`${name}\``)
      .join(', '),
    text.replaceAll('|', '\\|'),
  ]);
}
