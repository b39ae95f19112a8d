// `npm run build`, and npm's `prepare` after an install: the dashboard, and the server as bin/sluice.js starts it.
// Plain old JavaScript: an old Node may run it, and starts the one of node_modules/.bin then. Without the development
// packages nothing is built, which is fine: the server then runs from its sources.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const vite = join(root, 'node_modules/vite/bin/vite.js');
if (!existsSync(vite)) {
  console.log('nothing built: Vite is not installed (npm ci without --omit=dev brings it)');
  process.exit(0);
}
const PATH = join(root, 'node_modules/.bin') + delimiter + process.env.PATH;
const quiet = process.argv.includes('--quiet') ? ['--logLevel', 'warn'] : [];

run([vite, 'build', '--config', join(root, 'dashboard/vite.config.ts'), ...quiet]);
run([join(root, 'scripts/build-server.ts')]);

function run(args) {
  const env = { ...process.env, PATH, NODE_ENV: 'production' };
  const { status } = spawnSync('node', args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
