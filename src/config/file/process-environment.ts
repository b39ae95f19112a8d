import type { Environment } from './read-variable.ts';

/** For a program that names no variables of its own. */
export function environment(): Environment {
  return process.env;
}
