/**
 * Plugins communicate through decorators, and a wrong order has to fail at start: so a plugin depends, directly or
 * indirectly, on the plugin that adds what it uses.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

interface Plugin {
  readonly path: string;
  readonly name: string;
  readonly dependencies: readonly string[];
  /** Decorators it adds, of the app, the request and the reply. */
  readonly adds: readonly string[];
  readonly source: string;
}

/** The apps, by the folders of their plugins. */
const APPS = {
  traffic: 'plugins/traffic/**',
  control: 'plugins/control/**',
  admin: 'plugins/{admin/**,compat}',
} as const;
const EXPORT = /fp\(\w+, \{\s*name: '(?<name>[\w-]+)'(?:,\s*dependencies: \[(?<dependencies>[^\]]*)\])?,?\s*\}\)/;

function pluginsIn(folder: string): readonly Plugin[] {
  return globSync(`${folder}/*.ts`, { cwd: root }).map((path) => {
    const source = readFileSync(join(root, path), 'utf8');
    const { name, dependencies = '' } = EXPORT.exec(source)?.groups ?? assert.fail(`${path}: no fp() with a name`);
    const adds = [...source.matchAll(/\.decorate(?:Request|Reply)?\(\s*'(\w+)'/g)].map(([, added]) => added!);
    return { path, name: name!, dependencies: [...dependencies.matchAll(/[\w-]+/g)].map(String), adds, source };
  });
}

/** `app.x`, `request.x`, `const { x, y: z } = app;`, `({ x }, reply) =>` */
function uses({ source }: Plugin, decorator: string): boolean {
  const member = new RegExp(`\\b(?:app|scope|root|request|reply)\\.${decorator}\\b`);
  const taken = new RegExp(`\\{[^{}]*\\b${decorator}\\b[^{}]*\\} = (?:app|request|reply)\\b`);
  const argument = new RegExp(`\\(\\{[^{}()]*\\b${decorator}\\b[^{}()]*\\}(?:, \\w+)*\\) (?:=>|\\{)`);
  return member.test(source) || taken.test(source) || argument.test(source);
}

/** With itself. */
function reachable(plugin: Plugin, all: readonly Plugin[], found = new Set<string>()): ReadonlySet<string> {
  if (found.has(plugin.name)) return found;
  found.add(plugin.name);
  for (const each of all) if (plugin.dependencies.includes(each.name)) reachable(each, all, found);
  return found;
}

for (const [app, folder] of Object.entries(APPS)) {
  const plugins = pluginsIn(folder);

  test(`plugins of the ${app} app are named as their files, and depend on plugins there`, () => {
    const names = plugins.map(({ name }) => name);
    for (const { path, name, dependencies } of plugins) {
      assert.equal(name, basename(path, '.ts'));
      for (const dependency of dependencies) assert.ok(names.includes(dependency), `${path}: no plugin ${dependency}`);
    }
  });

  test(`a plugin of the ${app} app depends on the plugins whose decorators it uses`, () => {
    const missing = plugins.flatMap((plugin) => {
      const known = reachable(plugin, plugins);
      return plugins
        .filter(({ name }) => !known.has(name))
        .flatMap(({ name, adds }) =>
          adds.filter((decorator) => uses(plugin, decorator)).map((decorator) => [plugin.path, decorator, name]),
        );
    });
    assert.deepEqual(missing, []);
  });
}

test('routes of the admin app come after authentication, whose hooks a route that already exists does not get', () => {
  const plugins = pluginsIn(APPS.admin);
  const open = plugins.filter(
    (plugin) => /admin\/routes|compat/.test(plugin.path) && !reachable(plugin, plugins).has('auth'),
  );
  assert.deepEqual(
    open.map(({ path }) => path),
    [],
  );
});
