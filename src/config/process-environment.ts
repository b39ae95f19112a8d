import type { Environment } from './file/interpolate.ts';

/** For a program that names no variables of its own. */
export function environment(): Environment {
  return process.env;
}
