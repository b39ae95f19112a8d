/** The directives of a file with those of the files it includes in their place. */
import { ImportFailure } from '../old-file.ts';
import type { IncludedFiles, NamedText } from '../outline/bounded-files.ts';
import { positionOf } from '../outline/origin.ts';
import { type NginxDirective, parseNginx } from './nginx-syntax.ts';

const MAX_DEPTH = 10;
/** Of nginx's own; they decide nothing. */
const DISPENSABLE =
  /(?:^|\/)(?:mime\.types|(?:fastcgi|uwsgi|scgi)(?:_params|\.conf)|modules-enabled\/.*|koi-.*|win-utf|options-ssl-nginx\.conf)$/;

export function readNginx(main: NamedText, files: IncludedFiles): readonly NginxDirective[] {
  return expanded(parseNginx(main), files, 0);
}

function expanded(
  directives: readonly NginxDirective[],
  files: IncludedFiles,
  depth: number,
): readonly NginxDirective[] {
  return directives.flatMap((each) => {
    if (each.name !== 'include')
      return [each.block === null ? each : { ...each, block: expanded(each.block, files, depth) }];
    const [pattern = ''] = each.args;
    if (depth >= MAX_DEPTH)
      throw new ImportFailure(`${positionOf(each)}: include: more than ${MAX_DEPTH} files in each other`);
    const found = find(each, pattern, files);
    if (found.length === 0 && !/[*?[]/.test(pattern) && !DISPENSABLE.test(pattern))
      throw new ImportFailure(`${positionOf(each)}: include: there is no "${pattern}" beside the file`);
    return found.flatMap((file) => expanded(parseNginx(file), files, depth + 1));
  });
}

function find(each: NginxDirective, pattern: string, files: IncludedFiles): readonly NamedText[] {
  if (DISPENSABLE.test(pattern)) return [];
  try {
    return files.find(pattern);
  } catch (error) {
    if (error instanceof ImportFailure) throw new ImportFailure(`${positionOf(each)}: include: ${error.message}`);
    throw error;
  }
}
