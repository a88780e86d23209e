import { expect, it } from '@jest/globals';
import { BackupNotStartedError } from '@seawall/ports';
import { tmpdir } from 'node:os';
import { diskRoom } from '../disk/disk-room.ts';
import { checkRoom } from './room-for-backup.ts';

const place = { directory: tmpdir(), dataDir: tmpdir(), lowBytes: 0 };

it('a backup larger than what is free is refused with both sizes', async () => {
  const refused = checkRoom(5e17, { ...place, lowBytes: 2e9 });
  await expect(refused).rejects.toThrow(/^The backup needs up to \d+ TB and leaves 2.0 GB free, but .* are free in /);
  await expect(refused).rejects.toBeInstanceOf(BackupNotStartedError);
  await expect(refused).rejects.toMatchObject({ because: 'room' });
});

it('a backup that would bring the disk of the hub below the level at which it warns is refused', async () => {
  const { freeBytes } = await diskRoom(tmpdir());
  await expect(checkRoom(freeBytes / 2, place)).resolves.toBeUndefined();
  await expect(checkRoom(freeBytes / 2, { ...place, lowBytes: freeBytes })).rejects.toThrow(BackupNotStartedError);
});
