/** Pools and routes that providers list, as a layer over the file. Immutable: the same file gives the same settings. */
import { type Fragment, type FragmentSettings, loadFragment } from '../../../config/found/load-fragment.ts';
import type { FoundDefaults } from '../../../config/found/found-defaults.ts';
import { type FoundProblem, mergeFound, type Merged, type NamedSettings } from '../../../config/found/merge-found.ts';
import { ConfigError, formatProblem } from '../../../config/file/problem.ts';
import type { PoolSettings, Settings } from '../../../config/settings.ts';
import { isFoundPool } from '../../core/found-name.ts';

/** One fragment, checked: by what it says and what it inherits. */
interface Checked {
  readonly text: string;
  readonly defaults: FoundDefaults;
  readonly filePools: string;
  readonly result: FragmentSettings | string;
}

/** What has been checked before, by subject. */
export type CheckedFragments = Map<string, Checked>;

export class FoundLayer {
  readonly #fragments: readonly Fragment[];
  readonly #checked: CheckedFragments;
  readonly #cwd: string;
  readonly #merged = new WeakMap<Settings, Merged>();

  /** @param checked shared by all layers. @param cwd relative names of files start here */
  constructor(fragments: readonly Fragment[], checked: CheckedFragments, cwd: string) {
    this.#fragments = fragments;
    this.#checked = checked;
    this.#cwd = cwd;
  }

  readonly extend = (file: Settings): Settings => this.#over(file).settings;

  /** What does not apply over this file. */
  problems(file: Settings): readonly FoundProblem[] {
    return this.#over(file).problems;
  }

  pools(file: Settings): readonly PoolSettings[] {
    return this.extend(file).pools.filter(({ name }) => isFoundPool(name));
  }

  #over(file: Settings): Merged {
    const known = this.#merged.get(file);
    if (known !== undefined) return known;
    const merged = this.#merge(file);
    this.#merged.set(file, merged);
    return merged;
  }

  #merge(file: Settings): Merged {
    const { foundDefaults: defaults } = file;
    if (defaults === null) return { settings: file, problems: [] };
    const refused: FoundProblem[] = [];
    const filePools = file.pools.map(({ name }) => name);
    const found = this.#fragments.flatMap((fragment): readonly NamedSettings[] => {
      const { subject } = fragment;
      const result = this.#check(fragment, defaults, filePools);
      if (typeof result !== 'string') return [{ subject, ...result }];
      refused.push({ subject, message: result });
      return [];
    });
    const { settings, problems } = mergeFound(file, found);
    return { settings, problems: [...refused, ...problems] };
  }

  #check(fragment: Fragment, defaults: FoundDefaults, filePools: readonly string[]): FragmentSettings | string {
    const [text, names] = [JSON.stringify(fragment), filePools.join()];
    const before = this.#checked.get(fragment.subject);
    if (before?.text === text && before.defaults === defaults && before.filePools === names) return before.result;
    const result = check(fragment, defaults, filePools, this.#cwd);
    this.#checked.set(fragment.subject, { text, defaults, filePools: names, result });
    return result;
  }
}

/** A text says what is wrong. */
function check(...[fragment, defaults, filePools, cwd]: Parameters<typeof loadFragment>): FragmentSettings | string {
  try {
    return loadFragment(fragment, defaults, filePools, cwd);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const texts = error.problems.map((problem) =>
      formatProblem({ ...problem, source: '', path: inRoute(problem.path) }),
    );
    return texts.slice(0, 3).join('; ') + (texts.length > 3 ? `; and ${texts.length - 3} more` : '');
  }
}

/** Of a route that is made of one object, its place in the fragment says nothing. */
function inRoute(path: string): string {
  return path.replace(/^routes\.\d+\.?/, '');
}
