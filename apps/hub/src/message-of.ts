/** What an error says, or the errors it stands for: fetch and sockets hide the reason in `cause` and `errors`. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { cause, message, errors, code } = error as Partial<AggregateError> & NodeJS.ErrnoException;
  if (cause !== undefined) return messageOf(cause);
  if (message !== undefined && message !== '') return message;
  if (Array.isArray(errors)) return errors.map(messageOf).join('; ');
  return code ?? 'no reason was given';
}
