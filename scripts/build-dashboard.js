// `npm run build:dashboard`, and npm's `prepare` after an install. Plain old JavaScript: an old Node may run it, and
// starts the one of node_modules/.bin then. Without the development packages there is no Vite: that is no mistake.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const vite = join(root, 'node_modules/vite/bin/vite.js');
if (!existsSync(vite)) {
  console.log('dashboard: not built, Vite is not installed (npm ci without --omit=dev brings it)');
  process.exit(0);
}
const PATH = join(root, 'node_modules/.bin') + delimiter + process.env.PATH;
const quiet = process.argv.includes('--quiet') ? ['--logLevel', 'warn'] : [];
const built = spawnSync('node', [vite, 'build', '--config', join(root, 'dashboard/vite.config.ts'), ...quiet], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH, NODE_ENV: 'production' },
});
process.exit(built.status ?? 1);
