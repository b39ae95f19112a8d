/** The configuration that `sluice init` writes, with a comment for each key that most gateways change. */
import { stringify } from 'yaml';

/** @param schema of the file, for editors: a name beside it */
export function firstYaml(backends: readonly string[], schema: string): string {
  const pools = stringify({ pools: { default: { backends: backends.map((url) => ({ url })) } } });
  return `# yaml-language-server: $schema=./${schema}
# Sluice. All keys with their defaults are in sluice.example.yaml, and explained in docs/configuration.md.
# \`sluice check\` reports every mistake before anything starts. Changes apply when this file is saved.

server:
  port: 8080 # for your clients

admin:
  port: 9000 # dashboard, API and Swagger UI: of this machine only, until there are admin.tokens

rate_limit:
  default: # of every client that has no limit of its own
    capacity: 100
    rate_per_second: 10

# health_check:
#   path: /ready # of your backends. Default: /health; those that have none get requests unchecked

${pools}`;
}

export function firstCode(backends: readonly string[], isTypeScript: boolean): string {
  const urls = backends.map((url) => `  ${quoted(url)},\n`).join('');
  return `// Sluice. Code instead of YAML: docs/config-ts.md. All keys are explained in docs/configuration.md, and by editors that
// find the package \`sluice\` in node_modules; the gateway itself needs no installation beside this file.
// \`sluice check --print\` shows the YAML that this means. Changes apply when this file, or one that it imports, is saved.
import { defineConfig } from 'sluice';

const backends${isTypeScript ? ': string[]' : ''} = [
${urls}];

export default defineConfig(({ env }) => ({
  // For your clients.
  server: { port: Number(env.PORT ?? 8080) },

  // Dashboard, API and Swagger UI: of this machine only, until there are admin.tokens. A secret from the environment is
  // best written like this: '\${ADMIN_TOKEN}'. Then it is shown nowhere.
  admin: { port: 9000 },

  rate_limit: {
    // Of every client that has no limit of its own.
    default: { capacity: 100, rate_per_second: 10 },
  },

  // Of your backends. Default: /health; those that have none get requests unchecked.
  // health_check: { path: '/ready' },

  pools: {
    default: { backends: backends.map((url) => ({ url })) },
  },
}));
`;
}

function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
