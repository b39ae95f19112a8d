export function place(name: string): string;
export function isBuildCurrent(): boolean;
