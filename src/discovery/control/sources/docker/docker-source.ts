/** Members of a pool from the containers of a Docker daemon, which all such pools share. */
import type { Source, SourceAnswer, SourcePorts } from '../../source.ts';
import { containerMembers, type DockerDiscoverSettings } from './container-members.ts';
import type { DockerWatch } from './docker-watch.ts';

export function createDockerSource(
  pool: string,
  settings: DockerDiscoverSettings,
  watch: Pick<DockerWatch, 'listen'>,
  { report }: Pick<SourcePorts, 'report'>,
): Source {
  let end = (): void => {};
  return {
    isStrong: true,
    start: () => {
      end = watch.listen({
        onContainers: (containers, stopping) => report(read(pool, settings, containers, stopping)),
        onFailed: (reason) => report({ kind: 'failed', reason }),
      });
    },
    stop: () => end(),
  };
}

function read(...given: Parameters<typeof containerMembers>): SourceAnswer {
  try {
    return { kind: 'list', ...containerMembers(...given) };
  } catch (error) {
    return { kind: 'failed', reason: (error as Error).message };
  }
}
