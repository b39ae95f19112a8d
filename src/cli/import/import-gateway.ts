/** Converts a configuration of another gateway into ours: text to text, with what it includes. */
import { importCaddyfile } from './caddy/import-caddy.ts';
import type { GatewayFormat } from './gateway-formats.ts';
import { importHaproxy } from './haproxy/import-haproxy.ts';
import { importKong } from './kong/import-kong.ts';
import { importNginx } from './nginx/import-nginx.ts';
import type { IncludedFiles, NamedText } from './outline/bounded-files.ts';
import { importTraefik } from './traefik/import-traefik.ts';
import { finishOutline, type FinishedOutline } from './outline/finish-outline.ts';
import type { GatewayOutline } from './outline/gateway-outline.ts';

export interface GatewayImport {
  readonly main: NamedText;
  readonly format: GatewayFormat;
  readonly files: IncludedFiles;
  readonly dropsUnsupported?: boolean;
  /** Where relative names of certificates start. */
  readonly cwd: string;
}

const READERS = {
  caddy: importCaddyfile,
  nginx: importNginx,
  haproxy: importHaproxy,
  traefik: importTraefik,
  kong: importKong,
} as const satisfies Record<GatewayFormat, (main: NamedText, files: IncludedFiles) => GatewayOutline>;

/** Throws an ImportFailure. */
export function importGateway({ main, format, files, dropsUnsupported = false, cwd }: GatewayImport): FinishedOutline {
  const outline = READERS[format](main, files);
  return finishOutline(outline, { from: main.name, dropsUnsupported, cwd });
}
