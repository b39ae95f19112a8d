export function Brand() {
  return (
    <span className="flex items-center gap-2 text-lg font-semibold tracking-tight">
      <img src="/favicon.svg" alt="" className="size-6" />
      Sluice
    </span>
  );
}
