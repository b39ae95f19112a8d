/** Members from a file, or from a folder of files. Polled, because not every file system reports changes. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { DiscoverSettings } from '../../../config/settings.ts';
import { findExcess } from '../../../config/file/find-excess.ts';
import { fileReason } from '../../../runtime/file-reason.ts';
import type { Member } from '../../core/member.ts';
import { boundRefused, type MemberScheme, readEntries } from '../../read-entry.ts';
import type { Source, SourceAnswer, SourcePorts } from '../source.ts';

/** Interval between looks at the status of the files, ms. */
const LOOK_MS = 500;
/** Time without a further change, so that no half-written file is read, ms. */
const REST_MS = 100;
/** An unchanged list is reported again after this, ms: the source still works. */
const REPEAT_MS = 10_000;
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 1000;

const LISTS = /^[^.].*\.(?:ya?ml|json)$/i;

/** @param path absolute. */
export function createFileSource(
  { path }: { readonly path: string },
  { scheme }: Pick<DiscoverSettings, 'scheme'>,
  { report, nowMs, schedule }: SourcePorts,
): Source {
  let isStopped = false;
  let cancel = (): void => {};
  let readStamp: string | null = null;
  let answer: SourceAnswer | null = null;
  let reportedMs = -Infinity;

  const say = (next: SourceAnswer): void => {
    answer = next;
    reportedMs = nowMs();
    report(next);
  };

  const look = async (): Promise<void> => {
    const stamp = await stampOf(path);
    if (isStopped) return;
    if (stamp === readStamp) {
      if (answer !== null && nowMs() - reportedMs >= REPEAT_MS) say(answer);
      return;
    }
    // Nothing is known yet, so a half-written file is no worse than none.
    if (readStamp !== null) {
      await new Promise<void>((resolve) => {
        cancel = schedule(resolve, REST_MS);
      });
      // Still being written: the next look sees it.
      if (isStopped || (await stampOf(path)) !== stamp) return;
    }
    const next = await readList(path, scheme);
    if (isStopped) return;
    readStamp = stamp;
    say(next);
  };

  const round = async (): Promise<void> => {
    await look();
    if (!isStopped) cancel = schedule(() => void round(), LOOK_MS);
  };

  return {
    isStrong: false,
    start: () => void round(),
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
}

/** Of the file, or of all files in the folder; what cannot be read has one, too. */
async function stampOf(path: string): Promise<string> {
  try {
    const stamps: string[] = [];
    for (const file of await filesAt(path)) {
      const { mtimeMs, size, ino } = await stat(file);
      stamps.push(`${file} ${mtimeMs} ${size} ${ino}`);
    }
    return `read ${stamps.join('\n')}`;
  } catch (error) {
    return fileReason(error);
  }
}

/** In the order of their names. */
async function filesAt(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => LISTS.test(name)).toSorted();
  return names.slice(0, MAX_FILES).map((name) => join(path, name));
}

/** One file that cannot be read makes the whole list unknown: its members may still be there. */
async function readList(path: string, scheme: MemberScheme): Promise<SourceAnswer> {
  const members: Member[] = [];
  const refused: string[] = [];
  let file = path;
  try {
    for (file of await filesAt(path)) {
      const { size } = await stat(file);
      if (size > MAX_FILE_BYTES) return failed(file, `${size} bytes; at most ${MAX_FILE_BYTES} are supported`);
      const entries = parseList(await readFile(file, 'utf8'), file);
      if (typeof entries === 'string') return failed(file, entries);
      const read = readEntries(entries, scheme, file);
      members.push(...read.members);
      refused.push(...read.refused);
    }
  } catch (error) {
    return failed(file, fileReason(error));
  }
  return { kind: 'list', members, refused: boundRefused(refused) };
}

/** The list, or why there is none. */
function parseList(text: string, file: string): readonly unknown[] | string {
  let content: unknown;
  try {
    const excess = findExcess(text);
    if (excess !== undefined) return excess.message;
    content = /\.json$/i.test(file) ? JSON.parse(text) : parse(text, { maxAliasCount: 100, prettyErrors: true });
  } catch (error) {
    return `not valid: ${String((error as Error).message).split('\n', 1)[0]}`;
  }
  const list: unknown =
    typeof content === 'object' && content !== null && 'backends' in content ? content.backends : content;
  if (Array.isArray(list)) return list as readonly unknown[];
  return list === null || list === undefined ? [] : 'neither a list nor a mapping with the list `backends`';
}

function failed(file: string, reason: string): SourceAnswer {
  return { kind: 'failed', reason: `${file}: ${reason}` };
}
