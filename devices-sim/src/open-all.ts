/** Runs `open` for each item, so many at a time. @throws the first failure, once none is under way any more */
export async function openAll<T>(
  items: readonly T[],
  atATime: number,
  open: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items].reverse();
  const opener = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await open(item);
  };
  const results = await Promise.allSettled(Array.from({ length: atATime }, opener));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
