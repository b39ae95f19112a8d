import type { DatabaseSettings } from '../../src/config/settings.ts';

export function databaseSettings(some: Partial<DatabaseSettings>): DatabaseSettings {
  return {
    url: null,
    required: true,
    dataDir: '/nonexistent',
    saveLevelsMs: 5_000,
    schema: null,
    gateway: 'gw',
    ...some,
  };
}
