import { useEffect, useRef, useState, type RefObject } from 'react';

/** Whether the element is in the viewport, or nearly. */
export function useInView<T extends Element>(): readonly [RefObject<T | null>, boolean] {
  const ref = useRef<T>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)!.isIntersecting), {
      rootMargin: '100px',
    });
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  return [ref, isSeen];
}
