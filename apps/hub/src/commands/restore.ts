import { Command } from 'commander';
import { progressBar } from '../progress-bar.ts';
import { interruption } from './interruption.ts';

interface RestoreOptions {
  readonly dataDir: string;
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('Make a data directory of a backup, and check every file and every series of it.')
    .argument('<backup>', 'the folder of a backup')
    .requiredOption('--data-dir <folder>', 'an empty folder, or one that is not there yet')
    .addHelpText(
      'after',
      `
The backup is only read. A restore that was interrupted leaves a folder on which no hub starts; run it again.
Start the hub on the new folder with the settings that the old one had: they are no part of a backup, nor is the token.

Exit codes: 0 restored, 1 it could not be finished, 2 no backup, a damaged one, or a folder that is not empty.

Example:
  seawall restore ./data/backups/before-the-move --data-dir ./data/restored
  seawall up --data-dir ./data/restored`,
    )
    .action(restore);
}

async function restore(from: string, { dataDir }: RestoreOptions): Promise<void> {
  // The engines load only where they are needed.
  const [{ restoreBackup }, { readManifest }] = await Promise.all([
    import('../backup/restore-backup.ts'),
    import('../backup/manifest.ts'),
  ]);
  const noted = await readManifest(from);
  const bar = progressBar('{bar} {percentage}% {step}');
  try {
    const { name, readings, series } = await restoreBackup({
      from,
      dataDir,
      signal: interruption(),
      onProgress: (bytes, verified) => {
        const copied = bytes / Math.max(1, noted.bytes);
        const counted = verified / Math.max(1, noted.readings);
        bar.update(verified, (copied + counted) / 2, { step: copied < 1 ? 'copying' : 'verifying' });
      },
    });
    bar.stop();
    process.stdout.write(
      `The backup ${name} is restored into ${dataDir}: ${readings} readings of ${series} series, ` +
        `each with the count and the checksum it had. "seawall up --data-dir ${dataDir}" starts a hub on it.\n`,
    );
  } finally {
    bar.stop();
  }
}
