import { join } from 'node:path';
import { IS_EXECUTABLE } from '../../distribution/own-files.ts';

/**
 * For a Worker's options: it inherits Node's options of the process, but one whose program is an argument (`node
 * --input-type=module --eval …`) has an option that no worker starts with. Options that are passed on are checked again, and
 * some of the process's fail that, so such a worker has none. In the executable, a worker finds its code by what boot.js does first.
 */
export function workerArguments(): { readonly execArgv?: string[] } {
  if (IS_EXECUTABLE) return { execArgv: ['--import', `data:text/javascript,${encodeURIComponent(bootCode())}`] };
  return process.execArgv.some((argument) => argument.startsWith('--input-type')) ? { execArgv: [] } : {};
}

/**
 * Runs scripts/executable/boot.js. The path is that of the start: a worker would read it again, and find another once the
 * file has been replaced or removed.
 */
function bootCode(): string {
  const options = { filename: join(process.execPath, 'boot.js') };
  return `process.execPath = ${JSON.stringify(process.execPath)};
const [vm, sea] = ['node:vm', 'node:sea'].map((name) => process.getBuiltinModule(name));
vm.runInThisContext(sea.getAsset('boot.js', 'utf8'), ${JSON.stringify(options)});`;
}
