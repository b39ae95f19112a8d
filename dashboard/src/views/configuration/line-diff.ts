/** The lines in which two texts differ, for a review: Myers' O(ND) difference algorithm (1986). Pure. */

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
  /** From 1, in the old and the new text; null: it is not there. */
  readonly before: number | null;
  readonly after: number | null;
}

/** Texts that differ in more lines are shown as replaced: nobody reads such a difference line by line. */
const MOST_EDITS = 400;

export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (
    end < old.length - start &&
    end < now.length - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  ) {
    end += 1;
  }
  const middle = editsOf(old.slice(start, old.length - end), now.slice(start, now.length - end));
  const kinds = [...Array<'same'>(start).fill('same'), ...middle, ...Array<'same'>(end).fill('same')];
  let [beforeAt, afterAt] = [0, 0];
  return kinds.map((kind): DiffLine => {
    if (kind !== 'added') beforeAt += 1;
    if (kind !== 'removed') afterAt += 1;
    return {
      kind,
      text: (kind === 'removed' ? old[beforeAt - 1] : now[afterAt - 1])!,
      before: kind === 'added' ? null : beforeAt,
      after: kind === 'removed' ? null : afterAt,
    };
  });
}

/** Changed lines with some unchanged ones around them; null: lines are left out. */
export function hunks(lines: readonly DiffLine[], around = 3): readonly (DiffLine | null)[] {
  const isNear = new Set<number>();
  lines.forEach(({ kind }, at) => {
    if (kind === 'same') return;
    for (let near = at - around; near <= at + around; near += 1) isNear.add(near);
  });
  const shown: (DiffLine | null)[] = [];
  lines.forEach((line, at) => {
    if (isNear.has(at)) shown.push(line);
    else if (shown.length > 0 && shown.at(-1) !== null) shown.push(null);
  });
  return shown.at(-1) === null ? shown.slice(0, -1) : shown;
}

function editsOf(old: readonly string[], now: readonly string[]): DiffLine['kind'][] {
  const replaced = (): DiffLine['kind'][] => [...old.map(() => 'removed' as const), ...now.map(() => 'added' as const)];
  if (old.length === 0 || now.length === 0) return replaced();
  const most = Math.min(old.length + now.length, MOST_EDITS);
  // By diagonal x - y: the furthest x that is reached with so many edits.
  let furthest = new Map<number, number>([[1, 0]]);
  const rounds: Map<number, number>[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    rounds.push(new Map(furthest));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = stepX(furthest, diagonal, edits);
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      if (x >= old.length && x - diagonal >= now.length) return tracedBack(rounds, old.length, now.length);
    }
    furthest = new Map(furthest);
  }
  return replaced();
}

function stepX(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  const [left, right] = [furthest.get(diagonal - 1) ?? -1, furthest.get(diagonal + 1) ?? -1];
  const isDown = diagonal === -edits || (diagonal !== edits && left < right);
  return isDown ? right : left + 1;
}

function tracedBack(rounds: readonly ReadonlyMap<number, number>[], length: number, height: number) {
  const kinds: DiffLine['kind'][] = [];
  let [x, y] = [length, height];
  for (let edits = rounds.length - 1; edits >= 0; edits -= 1) {
    const furthest = rounds[edits]!;
    const diagonal = x - y;
    const [left, right] = [furthest.get(diagonal - 1) ?? -1, furthest.get(diagonal + 1) ?? -1];
    const isDown = diagonal === -edits || (diagonal !== edits && left < right);
    const fromX = isDown ? right : left;
    const fromY = fromX - (isDown ? diagonal + 1 : diagonal - 1);
    while (x > Math.max(0, fromX) && y > Math.max(0, fromY)) {
      kinds.push('same');
      x -= 1;
      y -= 1;
    }
    if (edits > 0) kinds.push(isDown ? 'added' : 'removed');
    [x, y] = [fromX, fromY];
  }
  return kinds.toReversed();
}
