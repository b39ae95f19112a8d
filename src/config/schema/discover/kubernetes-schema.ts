import { Type } from '@sinclair/typebox';

import { FAMILIES } from '../../../net/core/net-vocabulary.ts';
import { listOf, oneOf, section, text } from '../schema-kinds.ts';

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

const RoutesSchema = Type.Object(
  {
    gateway_class: Type.Optional(
      text(
        'kubernetes-object',
        'Class of Gateways: HTTPRoutes whose `parentRefs` name a Gateway of this class are routes.',
      ),
    ),
    gateway: Type.Optional(
      text('kubernetes-object', 'Name of a Gateway: only HTTPRoutes of this one. Default: all of `gateway_class`.'),
    ),
    ingress_class: Type.Optional(
      text('kubernetes-object', 'Class of Ingresses: those whose `ingressClassName` is this one are routes.'),
    ),
    namespaces: listOf(
      text('kubernetes-name', 'A namespace.'),
      [],
      'Namespaces that are read, each of which needs a Role. Empty: all, which needs a ClusterRole.',
    ),
  },
  {
    additionalProperties: false,
    description:
      'Routes from the Gateway API and from Ingresses, behind those of the file: docs/kubernetes.md. Default: none.',
  },
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
    routes: Type.Optional(RoutesSchema),
  },
  'The API server of all pools with `discover.kubernetes`, and of routes.',
);
