/** The gateways and proxies whose configurations are read, and how to tell them apart. */
import { basename } from 'node:path';
import { parseDocument } from 'yaml';
import { isRecord } from '../../config/file/path.ts';

export const GATEWAY_FORMATS = ['nginx', 'haproxy', 'traefik', 'caddy', 'kong'] as const;

export type GatewayFormat = (typeof GATEWAY_FORMATS)[number];

export interface Guess {
  readonly format: GatewayFormat;
  /** What shows the format, for the user. */
  readonly by: string;
}

/** Undefined: none of them. */
export function guessGateway(file: string, text: string): Guess | undefined {
  const name = basename(file).toLowerCase();
  if (/nginx.*\.conf$|\.nginx$/.test(name)) return { format: 'nginx', by: 'its name' };
  if (/haproxy.*\.cfg$|\.haproxy$/.test(name)) return { format: 'haproxy', by: 'its name' };
  if (/caddyfile/.test(name)) return { format: 'caddy', by: 'its name' };
  if (isTraefikToml(name, text)) return { format: 'traefik', by: 'its tables' };
  const data = /\.(?:ya?ml|json)$/.test(name) || /^\s*(?:\{|---|[\w"]+\s*:)/.test(text) ? dataOf(text) : undefined;
  if (data !== undefined) {
    if (data['_format_version'] !== undefined) return { format: 'kong', by: 'its keys' };
    const http = data['http'];
    const isTraefik = isRecord(http) && (isRecord(http['routers']) || isRecord(http['services']));
    return isTraefik ? { format: 'traefik', by: 'its keys' } : undefined;
  }
  const bare = text.replaceAll(/#.*$/gm, '');
  if (/^[ \t\uFEFF]*(?:http|events|upstream\s+\S+|server|map\s+\S+\s+\S+)\s*\{/m.test(bare) && bare.includes(';'))
    return { format: 'nginx', by: 'its blocks' };
  if (/^(?:frontend|listen|backend)\s+\S+/m.test(bare)) return { format: 'haproxy', by: 'its sections' };
  if (/^[ \t\uFEFF]*(?:reverse_proxy|handle_path|handle)\s/m.test(bare))
    return { format: 'caddy', by: 'its directives' };
  return undefined;
}

/** Whether it has tables that only Traefik has, in TOML. */
export function isTraefikToml(file: string, text: string): boolean {
  const tables =
    /^[ \t]*\[\[?[ \t]*(?:http\.(?:routers|services|middlewares)|tls\.(?:certificates|options)|entryPoints)\b/m;
  return tables.test(text) && (/\.toml$/i.test(file) || !/\.(?:ya?ml|json)$/i.test(file));
}

/** Its keys, if it is YAML or JSON. */
function dataOf(text: string): Readonly<Record<string, unknown>> | undefined {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0) return undefined;
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
