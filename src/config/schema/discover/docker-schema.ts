import { Type } from '@sinclair/typebox';

import { flag, section, text } from '../schema-kinds.ts';

export const DockerDiscoverSchema = Type.Object(
  {
    service: Type.Optional(
      text(
        'docker-name',
        'Service of Docker Compose whose containers are members. Default: only containers with the label `sluice.pool`.',
      ),
    ),
    project: Type.Optional(
      text(
        'docker-name',
        'Project of Docker Compose that has the service. Required if several projects have one of this name.',
      ),
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description:
          'Port inside the container, unless the label `sluice.port` says otherwise. Default: the only TCP port that the image exposes.',
      }),
    ),
    network: Type.Optional(
      text(
        'docker-name',
        'Network whose addresses are used, unless the label `sluice.network` says otherwise. Required for containers in several networks.',
      ),
    ),
  },
  { additionalProperties: false, description: 'Members from containers of a Docker daemon.' },
);

export const DockerProviderSchema = section(
  {
    endpoint: text(
      'docker-endpoint',
      'The daemon: `unix://` and the path of its socket, or `http://` and the host and port of a proxy for it. Access to the socket is as good as root: docs/discovery.md.',
      { default: 'unix:///var/run/docker.sock' },
    ),
    routes: flag(
      false,
      'Make routes of labels such as `sluice.route.web.host: shop.example.com`, behind those of the file: docs/docker.md.',
    ),
  },
  'The Docker daemon of all pools with `discover.docker`, and of routes.',
);
