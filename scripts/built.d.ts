export function resolveBuilt(name: string): string;
export function builtName(path: string): string;
export function isBuildCurrent(): boolean;
