/** What is in the data directory can't be opened: damaged, of another release, or not this user's. */
export class DataUnusableError extends Error {
  override readonly name = 'DataUnusableError';
}

/** Opens one engine; its failure becomes a sentence that says what to do. @throws DataUnusableError */
export async function opening<T>(what: string, path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw new DataUnusableError(sentence(what, path, error as NodeJS.ErrnoException), { cause: error });
  }
}

const REBUILT = 'what the journal still holds is read into a new one; older content only a backup brings back';
const REMEDIES: Readonly<Record<string, string>> = {
  journal: 'Put back a backup of the whole data directory, or keep a copy of it for whoever looks at it.',
  registry: `Put back a backup of the whole data directory, or move the file away and start again: ${REBUILT}.`,
  'series store': `Put back a backup of the whole data directory, or move the file away and start again: ${REBUILT}.`,
  'session store': 'Move the folder away and start again: retained messages and queues of absent clients are lost.',
};

function sentence(what: string, path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES' || code === 'EPERM' || /permission denied|readonly database/i.test(message))
    return `The ${what} ${path} can't be written by this user: ${message}. Run the hub as the owner of its files (ls -l ${path}).`;
  if (code === 'EROFS' || /read-only file system/i.test(message))
    return `The ${what} ${path} is on a file system that is mounted read-only. Mount it for writing, or choose another --data-dir.`;
  // They say themselves what to do, and nothing is damaged.
  if (/version|layout|Make room/.test(message)) return full(what, path, message);
  return `${full(what, path, message)} ${REMEDIES[what] ?? ''}`.trim();
}

/** Some engines say in a sentence of their own which file it is. */
function full(what: string, path: string, message: string): string {
  const said = message.includes(path) ? message : `The ${what} ${path} can't be opened: ${message}`;
  return /[.!?]$/.test(said) ? said : `${said}.`;
}
