/** What is being made: recognised by its name if nobody goes on with it. */
export const HALF = '.part';

/** Of the folder in which a hub makes a backup: several may share a folder of backups, and each clears only its own halves. */
export function halfName(name: string, hubId: string): string {
  return name + halfOf(hubId);
}

/** How the names of a hub's halves end. */
export function halfOf(hubId: string): string {
  return `.${hubId}${HALF}`;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Why a text is no name of a backup, as a sentence; undefined if it is one. */
export function faultOfName(name: string): string | undefined {
  if (!NAME.test(name))
    return `A backup's name has 1 to 64 letters, digits, ".", "_" and "-", and begins with a letter or a digit; "${name}" is none.`;
  return name.endsWith(HALF) ? `A backup's name does not end in "${HALF}"; "${name}" does.` : undefined;
}

/** "2026-11-24T05-02-04Z": names sort as times, and stand in any file system. @param now epoch ms */
export function nameAt(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}
