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

/** What an error says, or the errors it stands for: fetch and sockets hide the reason in `cause` and `errors`. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { cause, message, errors, code } = error as Partial<AggregateError> & NodeJS.ErrnoException;
  if (cause !== undefined) return messageOf(cause);
  if (message !== undefined && message !== '') return message;
  if (Array.isArray(errors)) return errors.map(messageOf).join('; ');
  return code ?? 'no reason was given';
}
