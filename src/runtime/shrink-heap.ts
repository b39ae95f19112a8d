/**
 * Returns memory that starting has taken to the system. V8 grows its young generation to 32 MiB a thread while modules
 * load, and shrinks it only after a full collection that is short of memory (npm run bench: embedded-database).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;

/** Takes 50 to 100 ms, in which the thread does nothing else: for a thread that does not serve traffic yet. */
export function shrinkHeap(): void {
  // Gives a new context V8's own function. The flag belongs to the process, so it stays: another thread may be here,
  // too.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  collect({ type: 'major', flavor: 'last-resort' });
}
