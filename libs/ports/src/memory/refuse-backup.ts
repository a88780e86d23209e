import { BackupRefusedError } from '../backup.ts';

/** @param what "journal", "registry", … */
export async function refuseBackup(what: string): Promise<never> {
  throw new BackupRefusedError(`This ${what} keeps everything in memory; there is nothing on disk to copy.`);
}
