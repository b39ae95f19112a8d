/** Why a file cannot be read or run, in words: what follows `cannot be read: `. */
export function fileReason(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? (code === '' ? String(error) : code);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the file does not exist',
  EEXIST: 'it exists already',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'part of its path is not a folder',
  ENXIO: 'it is not a file',
  ELOOP: 'too many symbolic links',
};
