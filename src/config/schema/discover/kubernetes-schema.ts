import { Type } from '@sinclair/typebox';

import { FAMILIES } from '../../../net/core/net-vocabulary.ts';
import { oneOf, section, text } from '../schema-kinds.ts';

export const KubernetesSchema = Type.Object(
  {
    service: text('kubernetes-name', 'Name of a Service: the ready endpoints of its EndpointSlices are members.'),
    port: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), text('kubernetes-port', 'A name.')], {
        description:
          "Name of a port of the Service, or number of a port of its pods (`targetPort`). Default: the Service's only port.",
      }),
    ),
    namespace: Type.Optional(
      text(
        'kubernetes-name',
        "Namespace of the Service. Default: that of the gateway's pod, or of the context of the kubeconfig.",
      ),
    ),
    family: oneOf(
      FAMILIES,
      'any',
      'Addresses that are used. `any`: the IPv4 address of pods that have one. Each pod is one member in any case.',
    ),
  },
  { additionalProperties: false, description: 'Members from the EndpointSlices of a Kubernetes Service.' },
);

export const KubernetesProviderSchema = section(
  {
    kubeconfig: Type.Optional(
      text(
        'file',
        'A kubeconfig file, with a token or a client certificate. Default: the service account of the pod that the gateway runs in.',
      ),
    ),
    context: Type.Optional(text('kubernetes-context', 'Context in `kubeconfig`. Default: its `current-context`.')),
  },
  'The API server of all pools with `discover.kubernetes`.',
);
