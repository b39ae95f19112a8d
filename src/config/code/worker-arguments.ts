import { getAsset } from 'node:sea';
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

/** scripts/executable/boot.js */
function bootCode(): string {
  return getAsset('boot.js', 'utf8');
}
