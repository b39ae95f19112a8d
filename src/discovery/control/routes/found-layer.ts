/** Pools and routes that providers list, as a layer over the file. Immutable: the same file gives the same settings. */
import { type Fragment, type FragmentSettings, loadFragments } from '../../../config/found/load-fragment.ts';
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
    const filePools = file.pools.map(({ name }) => name);
    this.#checkAll(this.#unchecked(defaults, filePools.join()), defaults, filePools);
    const refused: FoundProblem[] = [];
    const found = this.#fragments.flatMap(({ subject }): readonly NamedSettings[] => {
      const { result } = this.#checked.get(subject)!;
      if (typeof result !== 'string') return [{ subject, ...result }];
      refused.push({ subject, message: result });
      return [];
    });
    const { settings, problems } = mergeFound(file, found);
    return { settings, problems: [...refused, ...problems] };
  }

  #unchecked(defaults: FoundDefaults, filePools: string): readonly Fragment[] {
    return this.#fragments.filter((fragment) => {
      const before = this.#checked.get(fragment.subject);
      const isSame = before?.text === JSON.stringify(fragment);
      return !isSame || before.defaults !== defaults || before.filePools !== filePools;
    });
  }

  /** Those that are right are checked together, which takes little time; a wrong one is found by halves. */
  #checkAll(fragments: readonly Fragment[], defaults: FoundDefaults, filePools: readonly string[]): void {
    if (fragments.length === 0) return;
    const result = check(fragments, defaults, filePools, this.#cwd);
    if (typeof result === 'string' && fragments.length > 1) {
      const half = Math.ceil(fragments.length / 2);
      this.#checkAll(fragments.slice(0, half), defaults, filePools);
      this.#checkAll(fragments.slice(half), defaults, filePools);
      return;
    }
    for (const [at, fragment] of fragments.entries()) {
      this.#checked.set(fragment.subject, {
        text: JSON.stringify(fragment),
        defaults,
        filePools: filePools.join(),
        result: typeof result === 'string' ? result : result[at]!,
      });
    }
  }
}

/** A text says what is wrong. */
function check(
  ...[fragments, defaults, filePools, cwd]: Parameters<typeof loadFragments>
): readonly FragmentSettings[] | string {
  try {
    return loadFragments(fragments, defaults, filePools, cwd);
  } catch (error) {
    // No object of a provider ends the process, even by a bug of the checks.
    if (!(error instanceof ConfigError))
      return `it cannot be checked: ${error instanceof Error ? error.message : String(error)}`;
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
