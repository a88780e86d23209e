/** Bodies that are under way at once, each of other devices. */
export const LANES = 4;

/**
 * Sends what each lane has in its order, one at a time, and the lanes side by side. After a failure no lane begins with
 * another; what is under way is waited for, so that nothing of it arrives after what is sent next.
 * @throws the first failure
 */
export async function inLanes<T>(lanes: readonly (readonly T[])[], send: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const run = async (items: readonly T[]) => {
    for (const item of items) {
      if (failures.length > 0) return;
      await send(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(lanes.map(run));
  if (failures.length > 0) throw failures[0];
}
