import { useEffect, useState } from 'react';

/** The value once it has stayed the same for a while: a search runs when the typing pauses. */
export function useDelayed<T>(value: T, delayMs = 250): T {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return delayed;
}
