/** Of a package-lock.json: the part that some packages need, as a lock file of another package. */

/** An entry of `packages`, as far as it is read here; npm's documentation of package-lock.json. */
interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

export interface LockFile {
  readonly name: string;
  readonly version: string;
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface PackageHead {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Throws if a dependency of `head` is not in the lock file. */
export function shrinkwrap({ packages, lockfileVersion }: LockFile, head: PackageHead): LockFile {
  const needed = new Map<string, LockedPackage>();
  const add = (from: string, name: string, isOptional: boolean): void => {
    const at = find(packages, from, name);
    if (at === undefined) {
      if (isOptional) return;
      throw new Error(`package-lock.json has no ${name}, which ${from === '' ? head.name : from} needs`);
    }
    if (needed.has(at)) return;
    // Whether it is needed in development says nothing here.
    const { dev: _dev, ...entry } = packages[at]!;
    needed.set(at, entry);
    for (const each of Object.keys(entry.dependencies ?? {})) add(at, each, false);
    for (const each of Object.keys(entry.optionalDependencies ?? {})) add(at, each, true);
  };
  for (const name of Object.keys(head.dependencies)) add('', name, false);
  const { name, version } = head;
  const sorted = [...needed].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { name, version, lockfileVersion, packages: { '': head, ...Object.fromEntries(sorted) } };
}

/** As Node looks for it: in the folder of the package, then in those above. */
function find(packages: LockFile['packages'], from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const at = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (at in packages) return at;
    if (folder === '') return undefined;
  }
}
