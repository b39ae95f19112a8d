import { readFileSync, statSync } from 'node:fs';
import { fileReason } from '../../runtime/file-reason.ts';

/** The environment, as process.env has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Enough for secrets and URLs. */
const MAX_BYTES = 64 * 1024;

export interface Variable {
  /** Undefined: neither it nor its file is given. */
  readonly value: string | undefined;
  /** One sentence: its file cannot be used. */
  readonly mistake?: string;
}

/**
 * A variable of the environment; if it is not set or empty, the content of the file that NAME_FILE names, without the
 * last line break. So a secret that is mounted as a file is in no list of processes or containers.
 */
export function readVariable(environment: Environment, name: string): Variable {
  const value = own(environment, name);
  if (value !== undefined && value !== '') return { value };
  const file = own(environment, `${name}_FILE`);
  if (file === undefined || file === '') return { value };
  const unusable = (why: string): Variable => ({ value, mistake: `${name}_FILE names ${why}` });
  try {
    const found = statSync(file);
    if (!found.isFile()) return unusable('something that is not a regular file');
    if (found.size > MAX_BYTES)
      return unusable(`a file that has ${found.size} bytes; at most ${MAX_BYTES} are allowed`);
    return { value: readFileSync(file, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    return unusable(`a file that cannot be read: ${fileReason(error)}`);
  }
}

function own(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}
