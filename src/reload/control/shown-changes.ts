/** Changes as operators may see them: a name with a variable in it is shown as the file has it. */
import type { ConfigChange } from '../../config/compare.ts';
import type { References } from '../../config/file/references.ts';

/** @param references of both configurations; the first that knows a name is used */
export function shownChanges(
  changes: readonly ConfigChange[],
  ...references: readonly References[]
): readonly ConfigChange[] {
  return changes.map((change) => {
    const names = references.map((each) => shownName(change, each));
    return { ...change, name: names.find((name) => name !== undefined) ?? change.name };
  });
}

/** Only routes and backends may have one. */
function shownName({ kind, name }: ConfigChange, { backends, routes }: References): string | undefined {
  return kind === 'backend' ? backends.get(name) : kind === 'route' ? routes.get(name) : undefined;
}
