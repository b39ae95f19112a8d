import { useState } from 'react';

/** A choice that this browser remembers. @param initial while nothing, or nothing of `allowed`, is stored */
export function useStored<T extends string>(
  key: string,
  allowed: readonly T[],
  initial: T,
): readonly [T, (value: T) => void] {
  const [value, setValue] = useState<T | null>(
    () => allowed.find((each) => each === localStorage.getItem(key)) ?? null,
  );
  const set = (next: T): void => {
    localStorage.setItem(key, next);
    setValue(next);
  };
  return [value ?? initial, set];
}
