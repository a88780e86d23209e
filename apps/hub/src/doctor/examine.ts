import { accessSync, constants, statSync } from 'node:fs';
import { ENTRY_VERSION } from '@seawall/ports';
import { probeInflux, type InfluxProbe } from '@seawall/store-influx';
import type { Settings } from '../config/settings.ts';
import { dataFiles } from '../data-directory.ts';
import { diskLevels } from '../disk/disk-levels.ts';
import { knownHubId } from '../hub-id.ts';
import { journalHighWater, journalLimit } from '../journal-limit.ts';
import { influxOptions } from '../open-store.ts';
import { VERSION } from '../version.ts';
import { askHub, type HubAnswer } from './ask-hub.ts';
import { checkClock } from './check-clock.ts';
import { checkDataDirectory, type LockState } from './check-data-directory.ts';
import { checkDisk } from './check-disk.ts';
import { checkHub } from './check-hub.ts';
import { checkInflux } from './check-influx.ts';
import { checkJournal } from './check-journal.ts';
import { checkLastRun } from './check-last-run.ts';
import { checkPorts, type PortFacts } from './check-ports.ts';
import { checkVersions } from './check-versions.ts';
import { dataDirectoriesIn, isDataDirectory } from './data-directories-in.ts';
import { attention, ok, unknown, type Finding } from './finding.ts';
import { probeDirectory, tryLock } from './probe-directory.ts';
import { probeDisk } from './probe-disk.ts';
import { probeJournal } from './probe-journal.ts';
import { probePort } from './probe-port.ts';

export interface Examination {
  readonly settings: Settings;
  /** Where a hub that runs on the data directory is asked. */
  readonly url: string;
  /** The address was said, and not made from the settings: then a hub is expected there, whatever the directory shows. */
  readonly urlIsGiven: boolean;
  readonly token: string | undefined;
  /** What InfluxDB is shown, where that is the store. */
  readonly influxToken: string | undefined;
  /** Epoch ms, of the system's clock. */
  readonly now: () => number;
}

/** Looks at everything, one thing after another, and changes nothing. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  const { settings } = examination;
  const closed = closedTo(settings.dataDir);
  if (closed !== undefined) return [closed, ...(await examineElsewhere(examination))];
  const { chosen, finding } = chooseDirectory(settings.dataDir);
  const found = await examineDirectory({ ...examination, settings: { ...settings, dataDir: chosen } });
  return finding === undefined ? found : [finding, ...found];
}

/** A data directory is its user's alone (mode 0700): another one sees nothing of it, nor whether a hub runs there. */
function closedTo(folder: string): Finding | undefined {
  try {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isDirectory()) return undefined;
    accessSync(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
      return attention(
        'data',
        `${folder} lies below a file.`,
        'Move that away, or choose another folder with --data-dir.',
      );
    const says = `${folder} can't be looked into by this user: ${(error as Error).message}.`;
    return attention('data', says, "Run this as the hub's user.");
  }
}

/** A folder that is no data directory, but holds some, is most likely ./data, and one of those is meant. */
function chooseDirectory(folder: string): { readonly chosen: string; readonly finding?: Finding } {
  const inside = isDataDirectory(folder) ? [] : dataDirectoriesIn(folder);
  if (inside.length === 0) return { chosen: folder };
  const running = inside.filter(isHeld);
  const [chosen, ...others] = running.length > 0 ? running : inside;
  const none = `${folder} is no data directory itself`;
  if (others.length === 0) return { chosen: chosen!, finding: ok('data', `${none}; ${chosen} in it is looked at.`) };
  const says = `${none}, and holds ${inside.join(', ')}; ${chosen} is looked at.`;
  return { chosen: chosen!, finding: unknown('data', says, 'Name the one that is meant with --data-dir.') };
}

function isHeld(path: string): boolean {
  const { state, lock } = tryLock(path);
  lock?.release();
  return state.kind === 'held';
}

async function examineElsewhere({ url, urlIsGiven, token }: Examination): Promise<readonly Finding[]> {
  return urlIsGiven ? checkHub(url, await askHub(url, token)) : [];
}

async function examineDirectory(examination: Examination): Promise<readonly Finding[]> {
  const { settings, url, token, influxToken, now } = examination;
  const { dataDir } = settings;
  const storeIsElsewhere = settings.store === 'influx';
  const { state, lock } = tryLock(dataDir);
  try {
    const running = state.kind === 'held';
    const disk = probeDisk(dataDir);
    const answer = await journalOf(state, settings, url, token);
    const time = now();
    return [
      ...checkVersions({
        node: process.versions.node,
        seawall: VERSION,
        runningHub: answer.version,
        lastWriter: answer.lastVersion,
        entryVersion: ENTRY_VERSION,
      }),
      ...checkPorts(await probePorts(settings), running ? { pid: state.pid } : undefined),
      ...checkDisk({ ...disk, ...(answer.levels ?? diskLevels(settings, disk.totalBytes)), storeIsElsewhere }),
      ...checkInflux(storeIsElsewhere ? await probeStore(settings, influxToken) : undefined),
      ...checkDataDirectory(probeDirectory(dataDir, state)),
      ...checkClock({ now: time, lastStamp: answer.lastStamp, running }),
      ...checkJournal(answer.facts),
      ...checkLastRun(answer.facts.kind === 'none' ? { kind: 'none' } : answer.lastRun, running, time),
      ...(running ? [] : await examineElsewhere(examination)),
    ];
  } finally {
    lock?.release();
  }
}

/** A data directory that has no id yet gets one that no database knows. */
function probeStore(settings: Settings, influxToken: string | undefined): Promise<InfluxProbe> {
  const log = knownHubId(dataFiles(settings.dataDir).hubId) ?? 'none yet';
  return probeInflux({ ...influxOptions(settings, influxToken), log });
}

async function journalOf(
  lock: LockState,
  settings: Settings,
  url: string,
  token: string | undefined,
): Promise<HubAnswer> {
  switch (lock.kind) {
    case 'held':
      return askHub(url, token);
    case 'free':
      return probeJournal(dataFiles(settings.dataDir).journal, {
        limitBytes: journalLimit(settings),
        highWaterBytes: journalHighWater(settings),
      });
    case 'never':
      return { facts: { kind: 'none' } };
    case 'unreadable':
      return { facts: { kind: 'unreadable', message: 'The journal was not looked at, since a hub may be using it.' } };
  }
}

function probePorts({ bind, mqttPort, mqttWsPort, httpPort }: Settings): Promise<PortFacts[]> {
  const ports = [
    ['--mqtt-port', mqttPort],
    ['--mqtt-ws-port', mqttWsPort],
    ['--http-port', httpPort],
  ] as const;
  return Promise.all(ports.map(async ([flag, port]) => ({ flag, bind, port, state: await probePort(bind, port) })));
}
