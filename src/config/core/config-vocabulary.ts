/** Vocabulary of the differences between two configurations. */

export const CONFIG_PARTS = ['setting', 'pool', 'backend', 'route'] as const;
export type ConfigPart = (typeof CONFIG_PARTS)[number];

export const CONFIG_ACTIONS = ['added', 'removed', 'changed'] as const;
export type ConfigAction = (typeof CONFIG_ACTIONS)[number];
