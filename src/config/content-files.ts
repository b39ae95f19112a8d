/** Files whose contents are part of the settings because routes answer with them. */
import type { Settings } from './settings.ts';

export interface ContentFile {
  /** As in the configuration. */
  readonly name: string;
  /** As it was read, a character a byte. */
  readonly content: string;
}

export function contentFilesOf({ routes }: Pick<Settings, 'routes'>): readonly ContentFile[] {
  const all = routes.flatMap(({ respond, errorPages }) => [
    ...(respond === null ? [] : [[respond.file, respond.fileContent] as const]),
    ...Object.entries(errorPages?.pages ?? {}).map(
      ([key, name]) => [name, errorPages!.pagesContent[key] ?? null] as const,
    ),
  ]);
  return all.flatMap(([name, content]) => (name === null || content === null ? [] : [{ name, content }]));
}
