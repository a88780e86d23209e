import { expect, it } from '@jest/globals';
import { BackupNotStartedError } from '@seawall/ports';
import { tmpdir } from 'node:os';
import { checkRoom } from './room-for-backup.ts';

it('a backup larger than what is free is refused with both sizes', async () => {
  const refused = checkRoom(5e17, tmpdir());
  await expect(refused).rejects.toThrow(
    /^The backup needs up to \d+ TB and leaves 256 MB to the hub, but .* are free in /,
  );
  await expect(refused).rejects.toBeInstanceOf(BackupNotStartedError);
  await expect(refused).rejects.toMatchObject({ because: 'room' });
});
