/**
 * A copy of what a configuration in code evaluates to: only values that a file could contain, because only these can
 * be checked, compared, shown and sent to a thread. Pure.
 */
import { DEEPEST, MAX_CHARACTERS, MAX_KEY, MAX_VALUE, MAX_VALUES } from '../core/config-bounds.ts';
import type { Path } from '../file/path.ts';
import { finding, MAX_PROBLEMS, shorten, type Finding } from '../file/problem.ts';

const ALLOWED = 'allowed: text, numbers, true and false, null, lists and plain objects';

/** The copy, complete if there are no findings. A key whose value is undefined is left out. */
export function plainCopy(root: unknown): { readonly value: unknown; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  /** From the root to the current object. */
  const around = new Set<object>();
  let [values, characters] = [0, 0];
  const refuse = (path: Path, message: string): undefined => void findings.push(finding(path, message));

  function copy(value: unknown, path: Path): unknown {
    values += 1;
    if (findings.length > MAX_PROBLEMS || values > MAX_VALUES || characters > MAX_CHARACTERS) return undefined;
    if (path.length > DEEPEST) return refuse(path, `nested deeper than ${DEEPEST} levels`);
    if (typeof value === 'string') return copyText(value, path);
    if (typeof value === 'number') {
      return Number.isFinite(value) ? value : refuse(path, `found ${value}; allowed: a finite number`);
    }
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value !== 'object') return refuse(path, `found ${kindOf(value)}; ${ALLOWED}`);
    if (around.has(value)) return refuse(path, 'contains itself');
    around.add(value);
    const copied = Array.isArray(value) ? copyList(value, path) : copyMapping(value, path);
    around.delete(value);
    return copied;
  }

  function copyText(text: string, path: Path): unknown {
    characters += text.length;
    if (text.length <= MAX_VALUE) return text;
    return refuse(path, `a value of ${text.length} characters; at most ${MAX_VALUE} are supported`);
  }

  function copyList(list: readonly unknown[], path: Path): unknown {
    // Not map, which skips holes.
    return Array.from(list, (item, at) => copy(item, [...path, String(at)]));
  }

  function copyMapping(value: object, path: Path): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) return refuse(path, `found ${kindOf(value)}; ${ALLOWED}`);
    const entries: [string, unknown][] = [];
    for (const [key, inner] of Object.entries(value)) {
      if (inner === undefined) continue;
      characters += key.length;
      const here = [...path, shorten(key, 80)];
      if (key === '' || key === '__proto__') refuse(here, 'a key must be plain text');
      else if (key.length > MAX_KEY) {
        refuse(here, `a key of ${key.length} characters; at most ${MAX_KEY} are allowed`);
      } else entries.push([key, copy(inner, here)]);
    }
    return Object.fromEntries(entries);
  }

  const value = copy(root, []);
  if (values > MAX_VALUES) refuse([], `more than ${MAX_VALUES} values`);
  else if (characters > MAX_CHARACTERS) refuse([], `more than ${MAX_CHARACTERS} characters`);
  return { value, findings };
}

/** In words, without the value: it may be a secret. */
function kindOf(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return 'a bigint';
  if (typeof value !== 'object') return value === undefined ? 'undefined' : 'a symbol';
  if (value instanceof Promise) return 'a promise that is not awaited';
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
  const name = typeof constructor === 'function' ? constructor.name : '';
  return name === '' ? 'an instance of a class' : `an instance of ${shorten(String(name), 80)}`;
}
