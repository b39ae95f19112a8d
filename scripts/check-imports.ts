/** `npm run check`: reports imports that break the rules of import-rules.ts. Exits with 1 if there are any. */
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { importFault, importsOf } from './import-rules.ts';

const root = join(import.meta.dirname, '..');
const files = globSync('{src,plugins,drizzle,tools,dashboard/src}/**/*.{ts,tsx}', { cwd: root });
let faults = 0;
for (const path of files.map((file) => relative(root, join(root, file))).sort()) {
  if (path.includes('node_modules')) continue;
  for (const each of importsOf(readFileSync(join(root, path), 'utf8'))) {
    const fault = importFault(path, each);
    if (fault === undefined) continue;
    faults += 1;
    console.error(`${path}: '${each.to}': ${fault}`);
  }
}
if (faults > 0) {
  console.error(`${faults} imports break the rules`);
  process.exitCode = 1;
}
