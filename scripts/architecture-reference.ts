/** The lists of docs/architecture.md, written between its markers: folders, plugins, suites. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { API_FOLDERS, CONCERNS } from './import-rules.ts';

const root = join(import.meta.dirname, '..');

const SUITES: Readonly<Record<string, string>> = {
  unit: 'numbers and values; paths follow the sources; one process; in CI two, one with coverage',
  plugins: 'plugins, by `inject` where no socket is needed; one process',
  wire: 'raw bytes on real sockets',
  db: 'both databases, the same contracts',
  redis: 'the link to real Redis servers, Sentinels and Clusters',
  gateway: 'the whole gateway: threads, processes',
  operations: 'Prometheus, alert rules, Docker’s files, the build',
  browser: 'the dashboard in Chromium',
};

/** `page` with each list regenerated. */
export function withLists(page: string): string {
  return Object.entries({ folders: folders(), plugins: plugins(), suites: suites() }).reduce((text, [name, list]) => {
    const marked = new RegExp(`(<!-- generated: ${name} -->\n).*?(<!-- end -->)`, 's');
    if (!marked.test(text)) throw new Error(`docs/architecture.md: no marker for the list of ${name}`);
    return text.replace(marked, (_, begin: string, end: string) => `${begin}\n${list}\n${end}`);
  }, page);
}

function folders(): string {
  const about = { core: 'algorithms independent of a gateway', ...CONCERNS, ...API_FOLDERS };
  const rows = Object.entries(about).map(([name, text]) => {
    const layers = globSync(`src/${name}/*/`, { cwd: root }).map((path) => `\`${basename(path)}\``);
    return [`\`src/${name}\``, text, layers.sort().join(' ')];
  });
  return table(['folder', 'what is in it', 'with'], rows);
}

/** In the order in which the app registers them. */
function plugins(): string {
  const rows = [
    'src/gateway/traffic/traffic-app.ts',
    'src/gateway/control/gateway.ts',
    'src/gateway/control/admin-app.ts',
  ].flatMap((app) => {
    const source = read(app);
    const files = new Map(
      [...source.matchAll(/^import (\w+)(?:, \{[^}]*\})? from '(?:\.\.\/)+(plugins\/[\w/-]+\.ts)';$/gm)].map(
        ([, name, file]) => [name, file],
      ),
    );
    const registered = [...source.matchAll(/app\.register\((\w+)/g)].map(([, name]) => files.get(name));
    return registered.filter((file) => file !== undefined).map((file) => [`\`${file}\``, purpose(read(file))]);
  });
  return table(['plugin', 'what it does'], rows);
}

function suites(): string {
  const names = globSync('test/*/', { cwd: root }).map((path) => basename(path));
  const unknown = names.filter((name) => name !== 'support' && !(name in SUITES));
  if (unknown.length > 0) throw new Error(`name the suite ${unknown.join(', ')} in scripts/architecture-reference.ts`);
  const rows = Object.entries(SUITES).map(([name, text]) => [`\`test/${name}\``, text]);
  return table(['suite', 'what it has'], rows);
}

/** The first sentence of a file's first comment. */
function purpose(source: string): string {
  const [, comment = ''] = /\/\*\*(.*?)\*\//s.exec(source) ?? [];
  const text = comment.replaceAll(/\n \*/g, ' ').replaceAll(/\s+/g, ' ').trim();
  return (/^.*?\.(?= |$)/.exec(text)?.[0] ?? text).replace(/\.$/, '');
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Columns as oxfmt aligns them. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${[line(heads), rule, ...rows.map(line)].join('\n')}\n`;
}
