import { HubRefusedError, UsageError } from '@seawall/devices-sim/errors';
import Table from 'cli-table3';
import { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { sizeText } from '../amounts.ts';
import { progressBar } from '../progress-bar.ts';
import { ADDRESS_HELP, addUrlOption, hubAddress, type HubAddress } from './hub-address.ts';
import { ask } from './http-client.ts';
import { interruption } from './interruption.ts';

const ASK_AGAIN_MS = 250;
const PATH = '/api/v1/backups';

/** As the API answers it. */
interface Backup {
  readonly name: string;
  readonly state: 'running' | 'complete' | 'failed';
  readonly directory: string;
  readonly startedAt: string;
  readonly step: string | null;
  readonly progress: number;
  readonly bytes: number;
  readonly readings: number | null;
  readonly series: number | null;
  readonly failure: string | null;
}

interface BackupOptions {
  readonly list?: boolean;
  readonly json?: boolean;
  readonly url?: string;
}

export function backupCommand(): Command {
  const command = new Command('backup')
    .description('Let a running hub back itself up, count what it copied, and say where it is.')
    .argument('[name]', 'name of its folder (default: made from the time)')
    .option('--list', 'the backups that are there, instead of making one')
    .option('--json', 'what the API says of it, as JSON');
  return addUrlOption(command).addHelpText('after', `${BACKUP_HELP}${ADDRESS_HELP}`).action(backup);
}

const BACKUP_HELP = `
The hub goes on meanwhile. The backup is a folder on the hub's machine, in the folder that its --backup-dir names; it is
whole when this command says so, and "seawall restore" makes a data directory of it. Ctrl-C leaves the hub at its work.

Examples:
  seawall backup
  seawall backup before-the-move
  seawall backup --list
`;

async function backup(name: string | undefined, options: BackupOptions): Promise<void> {
  const address = hubAddress(options);
  if (options.list) {
    if (name !== undefined) throw new UsageError('--list shows all backups; give no name with it.');
    return list(address, options.json === true);
  }
  const begun = await ask(address, PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(name === undefined ? {} : { name }),
  });
  const done = await follow(address, (await begun.json()) as Backup);
  if (done.failure !== null) throw new HubRefusedError(`the backup ${done.name} failed: ${done.failure}`);
  if (options.json) process.stdout.write(`${JSON.stringify(done)}\n`);
  else process.stdout.write(completeText(done));
}

/** Until it is complete or has failed; an interruption leaves the hub at its work. */
async function follow(address: HubAddress, begun: Backup): Promise<Backup> {
  const signal = interruption();
  const bar = progressBar('{bar} {percentage}% {step} {name}');
  let last = begun;
  try {
    while (last.state === 'running') {
      bar.update(0, last.progress, { step: last.step ?? '', name: last.name });
      await sleep(ASK_AGAIN_MS, undefined, { signal });
      const answer = await ask(address, `${PATH}/${encodeURIComponent(begun.name)}`, { signal });
      last = (await answer.json()) as Backup;
    }
    bar.update(0, 1, { step: 'done', name: last.name });
    return last;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HubRefusedError(
      `no longer waiting; the hub goes on with the backup ${begun.name}. "seawall backup --list" says what became of it.`,
      { cause: error },
    );
  } finally {
    bar.stop();
  }
}

function completeText({ name, directory, readings, series, bytes }: Backup): string {
  return (
    `The backup ${name} is complete: ${readings} readings of ${series} series, counted in the copy, in ${sizeText(bytes)}.\n` +
    `It is in ${directory} on the hub's machine; "seawall restore ${directory} --data-dir <new folder>" brings it back.\n`
  );
}

async function list(address: HubAddress, json: boolean): Promise<void> {
  const { items } = (await (await ask(address, PATH)).json()) as { items: readonly Backup[] };
  if (json) process.stdout.write(`${JSON.stringify(items)}\n`);
  else process.stdout.write(items.length === 0 ? 'There is no backup yet.\n' : `${tableOf(items)}\n`);
}

function tableOf(backups: readonly Backup[]): string {
  const table = new Table({
    head: ['backup', 'begun', 'readings', 'series', 'size', 'is'],
    style: { head: [], border: [] },
  });
  for (const { name, startedAt, readings, series, bytes, state, progress, failure } of backups) {
    const is = state === 'running' ? `running, ${Math.floor(progress * 100)}%` : (failure ?? state);
    table.push([name, startedAt, readings ?? '', series ?? '', sizeText(bytes), is]);
  }
  return table.toString();
}
