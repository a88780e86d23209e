/** What the user gave can't be used: a missing file, a wrong mapping or scenario, a wrong option. Trying again is useless. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** No hub answers at the address, or it went away and did not come back in time. Trying again later may help. */
export class HubUnreachableError extends Error {
  override readonly name = 'HubUnreachableError';
}

/** The hub answered and refused: the token, or a request it can't serve. */
export class HubRefusedError extends Error {
  override readonly name = 'HubRefusedError';
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  // An AggregateError (both IPv4 and IPv6 refused) has its text in its parts.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
