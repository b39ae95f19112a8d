export function place(name: string): string;
export function builtIsCurrent(): boolean;
