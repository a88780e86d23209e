import type { Cursor } from '@seawall/ports';
import type { ApiContext } from '../context.ts';

/**
 * Waits until registrar and engine have passed a place, `appliedMs` at most.
 * @returns false if they have not: the change is in the journal all the same, so the answer is 202 and no error
 */
export async function waitApplied(api: ApiContext, cursor: Cursor): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), api.limits.appliedMs);
  });
  const applied = api.applied(cursor).then(
    (passed) => passed !== false,
    (error: unknown) => {
      api.log.warn('A change is in the journal, but waiting for its effect failed.', { cause: String(error) });
      return false;
    },
  );
  try {
    return await Promise.race([applied, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
