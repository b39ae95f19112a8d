import { extname } from 'node:path';

/** Extensions of configurations in code. Node removes the types itself. */
const CODE = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

/** Whether a file of this name is code, to be evaluated; all other names are text. */
export function isCodeFile(name: string): boolean {
  return CODE.includes(extname(name).toLowerCase());
}
