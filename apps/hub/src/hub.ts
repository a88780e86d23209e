import { setTimeout as delay } from 'node:timers/promises';
import { startApi, Turns, type HealthReport } from '@seawall/api';
import { startGateway, type Gateway } from '@seawall/gateway';
import { createMqttChannel, heartbeat as heartbeatMessage } from '@seawall/notify-mqtt';
import { formatRfc3339 } from '@seawall/calendar';
import type { Cursor, HubStart, Journal } from '@seawall/ports';
import type { Logger } from 'pino';
import { HubBackups } from './backup/hub-backups.ts';
import { ClockWatch } from './clock/clock-watch.ts';
import { keepTime, keptTime } from './clock/kept-time.ts';
import { systemClocks, TrustedNow } from './clock/trusted-now.ts';
import type { Settings } from './config/settings.ts';
import { dataFiles } from './data-directory.ts';
import { DiskWatch } from './disk/disk-watch.ts';
import { diskRoom } from './disk/disk-room.ts';
import { health } from './health.ts';
import { journalHighWater, journalLimit } from './journal-limit.ts';
import { lastRun, type LastRun } from './last-run.ts';
import { hubMetrics } from './metrics.ts';
import { MissingEntries } from './missing-entries.ts';
import { closeEngines, openEngines, type Closers, type Engines } from './open-engines.ts';
import { backupRefusal } from './open-store.ts';
import { pageOptions } from './page.ts';
import { reachableHost } from './reachable-host.ts';
import { EngineView } from './roles/engine-view.ts';
import { engine, type EngineTold } from './roles/engine.ts';
import { Maintainer } from './roles/maintainer.ts';
import { notifier } from './roles/notifier.ts';
import { catchUpRegistry, registrar } from './roles/registrar.ts';
import { Role } from './roles/role.ts';
import { registerConsumers } from './roles/register-consumers.ts';
import { clockLooker, diskLooker, heartbeat, TICK_MS, ticker, trimmer, type Timer } from './roles/timers.ts';
import { writer, type WriterOptions } from './roles/writer.ts';
import { journalRuleChanges, reloadRules, type RuleReload } from './rule-reload.ts';
import { VERSION } from './version.ts';

export interface Hub {
  readonly mqtt: string;
  readonly mqttWs: string;
  readonly http: string;
  readonly journal: Journal;
  health(): HealthReport;
  /** Reads the rule files again. @throws SettingError, and then the rules in force stay */
  reloadRules(): Promise<RuleReload>;
  /** Takes no more input, lets the roles finish what is journalled, and releases everything; bounded in time. */
  stop(): Promise<void>;
}

const CATCH_UP_MS = 5_000;
const APPLIED_MS = 5_000;
/** For the end of a write; a store that hangs takes longer. */
const LET_GO_MS = 1_000;

export interface StartOptions {
  readonly settings: Settings;
  readonly token: string | undefined;
  /** What InfluxDB is shown, where that is the store. */
  readonly influxToken?: string | undefined;
  /** Go on where the journal begins, where a reader's next entries are gone. */
  readonly skipMissing: boolean;
  readonly log: Logger;
  /** Of the log's lines, those that could be written nowhere; for /metrics. */
  readonly droppedLogLines: () => number;
}

/**
 * One process, all roles, embedded engines.
 * @throws SettingError, DataDirectoryInUseError, DataUnusableError, or the system's error for an address that can't be listened on
 */
export async function startHub(options: StartOptions): Promise<Hub> {
  const closers: Closers = [];
  try {
    return await start(options, closers);
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

async function start(options: StartOptions, closers: Closers): Promise<Hub> {
  const { settings, token, influxToken, skipMissing, log, droppedLogLines } = options;
  const page = pageOptions(settings);
  const engines = await openEngines({ settings, influxToken, log }, closers);
  const { journal, registry, sessions, store } = engines;
  const missing = new MissingEntries(engines, skipMissing, log);
  const previousRun = await beginRun(engines, missing, { settings, log }, closers);
  const clock = watchClock(journal, previousRun, settings, log);
  const disk = await watchDisk(engines, settings, log);
  const gateway = await openGateway(engines, { settings, token, log });
  closers.push(() => gateway.close());

  const engineView = new EngineView();
  const roles = startRoles(engines, { gateway, missing, engineView, log });
  const all = Object.values(roles);
  closers.push(async () => void (await Promise.all(all.map((role) => role.stop()))));

  const maintainer = startMaintainer(engines, settings, { clock, disk }, log);
  closers.push(() => maintainer.stop());

  const journalBounds = {
    maxAgeMs: settings.journalMaxAgeMs,
    maxBytes: settings.journalMaxBytes,
    limitBytes: journalLimit(settings),
    highWaterBytes: journalHighWater(settings),
  };
  const view = {
    journal,
    registry,
    store,
    gateway,
    sessions,
    roles: all,
    engine: engineView,
    maintainer,
    clock,
    disk,
    journalBounds,
    dataDir: settings.dataDir,
    previousRun,
    droppedLogLines,
  };
  const backups = await HubBackups.open({
    engines,
    dataDir: settings.dataDir,
    directory: settings.backupDir,
    refusal: backupRefusal(settings),
    log,
  });
  closers.push(() => backups.stop());
  const ruleTurns = new Turns();
  const everywhere = (cursor: Cursor) => applied([roles.engine, roles.registrar], cursor);
  const api = await startApi({
    bind: settings.bind,
    port: settings.httpPort,
    ...(token === undefined ? {} : { token }),
    journal,
    registry,
    store,
    backups,
    ruleTurns,
    acceptance: gateway.acceptance,
    applied: everywhere,
    health: () => health(view),
    metrics: async () => hubMetrics(view),
    timeZone: settings.timeZone,
    version: VERSION,
    ...page,
    log: forLibrary(log, 'api'),
  });
  closers.push(() => api.close());

  const timers = startTimers({ engines, gateway, roles, engineView, clock, disk, settings, log });
  closers.push(async () => void (await Promise.all(timers.map((timer) => timer.stop()))));
  const registered = (cursor: Cursor) => applied([roles.registrar], cursor);
  const rules = { journal, registry, rulesDir: settings.rulesDir, turns: ruleTurns, registered, applied: everywhere };
  return {
    ...addressesOf(settings.bind, gateway, api),
    journal,
    health: () => health(view),
    reloadRules: () => reloadRules(rules),
    stop: () => stopInOrder({ engines, gateway, api, backups, roles, timers: [maintainer, ...timers], log }),
  };
}

/** Journals that a run begins, and brings registry and rules up to date. @returns how the run before it ended */
async function beginRun(
  engines: Engines,
  missing: MissingEntries,
  { settings, log }: Pick<StartOptions, 'settings' | 'log'>,
  closers: Closers,
): Promise<LastRun> {
  const { journal, registry } = engines;
  await missing.check();
  const previousRun = await lastRun(journal);
  if (previousRun.kind === 'crash') {
    const lastEntry = formatRfc3339(previousRun.stamp);
    log.warn(
      { lastEntry },
      'the hub ended without being stopped the last time; what was acknowledged is in the journal',
    );
  }
  await journal.append([{ kind: 'hub-start', origin: 'live', payload: hubStart(settings) }]);
  // A start that fails further on ends in order: it is no crash.
  closers.push(() => appendStop(journal, log));
  await catchUpRegistry(journal, registry);
  await registerConsumers(engines);
  await journalRuleChanges({ journal, registry, rulesDir: settings.rulesDir });
  await catchUpRegistry(journal, registry);
  return previousRun;
}

function openGateway(
  { journal, registry, sessions }: Engines,
  { settings, token, log }: Pick<StartOptions, 'settings' | 'token' | 'log'>,
): Promise<Gateway> {
  return startGateway({
    journal,
    registry,
    sessions,
    bind: settings.bind,
    mqttPort: settings.mqttPort,
    mqttWsPort: settings.mqttWsPort,
    ...(token === undefined ? {} : { token }),
    ...(settings.telegrafTopic === undefined ? {} : { telegrafTopic: settings.telegrafTopic }),
    log: forLibrary(log, 'gateway'),
  });
}

interface RoleParts {
  readonly gateway: Gateway;
  readonly missing: MissingEntries;
  readonly engineView: EngineView;
  readonly log: Logger;
}

function startRoles({ journal, registry, store }: Engines, { gateway, missing, engineView, log }: RoleParts) {
  const writing: WriterOptions = {
    check: () => missing.checkStore(),
    tell: (rejections) => gateway.tell(rejections),
  };
  const mqttChannel = createMqttChannel({ publish: (message) => gateway.publish(message) });
  const roles = {
    writer: new Role('writer', writer(journal, store, writing), log),
    engine: new Role('engine', engine(journal, engineView, toldInLog(log)), log),
    registrar: new Role('registrar', registrar(journal, registry), log),
    notifier: new Role('notifier', notifier(journal, [mqttChannel]), log),
  };
  for (const role of Object.values(roles)) role.start();
  return roles;
}

/** Looks once before anything is taken in. */
async function watchDisk({ levels }: Engines, { dataDir }: Settings, log: Logger): Promise<DiskWatch> {
  const watch = new DiskWatch({ path: dataDir, levels, room: () => diskRoom(dataDir), log });
  await watch.look();
  return watch;
}

/** What the hub has kept of the last run, or else the log's last stamp, is a time that it surely was. */
function watchClock(journal: Journal, previousRun: LastRun, { dataDir, retention }: Settings, log: Logger): ClockWatch {
  const { trustedTime } = dataFiles(dataDir);
  const stamp = previousRun.kind === 'none' ? undefined : previousRun.stamp;
  const trusted = new TrustedNow(systemClocks(), keptTime(trustedTime) ?? stamp);
  const keep = (time: number) => keepTime(trustedTime, time);
  const lastStamp = () => journal.status().lastStamp;
  return new ClockWatch({ clocks: systemClocks, lastStamp, trusted, retention, keep, log });
}

interface Watches {
  readonly clock: ClockWatch;
  readonly disk: DiskWatch;
}

function startMaintainer(
  { store }: Engines,
  { retention }: Settings,
  { clock, disk }: Watches,
  log: Logger,
): Maintainer {
  const diskIsLow = () => disk.status().state !== 'enough';
  const maintainer = new Maintainer({ store, retention, diskIsLow, now: () => clock.now(), log });
  maintainer.start();
  return maintainer;
}

interface Timed extends Watches {
  readonly engines: Engines;
  readonly gateway: Gateway;
  readonly roles: ReturnType<typeof startRoles>;
  readonly engineView: EngineView;
  readonly settings: Settings;
  readonly log: Logger;
}

function startTimers({ engines, gateway, roles, engineView, clock, disk, settings, log }: Timed): Timer[] {
  const { journal, registry } = engines;
  const policy = { maxAgeMs: settings.journalMaxAgeMs, maxBytes: settings.journalMaxBytes };
  const { writer, registrar, notifier } = roles;
  // They tell their places with the ticks, and the engine with its snapshots; while nothing is taken, no tick comes.
  const moveOn = () => {
    if (journal.status().suspendedBy !== 'readers') return;
    for (const role of [writer, registrar, notifier]) role.settle();
    engineView.askForSnapshot();
  };
  const beat = async () => gateway.publish(heartbeatMessage(await registry.activeAlerts(), Date.now()));
  return [
    ticker(journal, log),
    trimmer(journal, policy, moveOn, log),
    clockLooker(clock, log),
    diskLooker(disk, log),
    heartbeat(beat, log),
  ];
}

function addressesOf(bind: string, gateway: Gateway, api: { readonly port: number }) {
  const host = reachableHost(bind);
  return {
    mqtt: `mqtt://${host}:${gateway.mqttPort}`,
    mqttWs: `ws://${host}:${gateway.mqttWsPort}`,
    http: `http://${host}:${api.port}`,
  };
}

interface Running {
  readonly engines: Engines;
  readonly gateway: Gateway;
  readonly api: { close(): Promise<void> };
  readonly backups: HubBackups;
  readonly roles: ReturnType<typeof startRoles>;
  readonly timers: readonly Timer[];
  readonly log: Logger;
}

async function stopInOrder({ engines, gateway, api, backups, roles, timers, log }: Running): Promise<void> {
  const { journal } = engines;
  for (const timer of timers) await timer.stop();
  await api.close();
  await backups.stop();
  // What it has not published yet it publishes after the next start.
  await roles.notifier.stop();
  await gateway.close();
  await appendStop(journal, log);
  const stopped = await stopReaders(roles, journal.end());
  await closeEngines(engines, stopped.writer);
}

/** @returns resolves when the writer has let go of the store, which it does at the latest when that is closed */
async function stopReaders(
  { engine, registrar, writer }: Running['roles'],
  end: Cursor,
): Promise<{ readonly writer: Promise<void> }> {
  const others = [engine, registrar];
  const done = applied(others, end, CATCH_UP_MS).then(() => Promise.all(others.map((role) => role.stop())));
  // One that recovers from a failure would only be waited for in vain; it goes on after the next start.
  if (!writer.failing) await writer.past(end, CATCH_UP_MS);
  await done;
  const stopped = writer.stop();
  await Promise.race([stopped, delay(LET_GO_MS, undefined, { ref: false })]);
  return { writer: stopped };
}

function toldInLog(log: Logger): EngineTold {
  return {
    refused: (rules) => log.warn({ rules }, 'rules that the engine does not run'),
    late: (byRule) =>
      log.warn(
        { byRule },
        'readings came later than --allowed-lateness; they are stored, and have changed no window of these rules',
      ),
    unsaved: (error) =>
      log.error({ err: error }, "the engine's state could not be kept; it goes on, and tries again with its next"),
  };
}

async function appendStop(journal: Journal, log: Logger): Promise<void> {
  try {
    await journal.append([{ kind: 'hub-stop', origin: 'live', payload: null }]);
  } catch (error) {
    log.warn({ err: error }, 'the stop could not be journalled');
  }
}

function hubStart({ timeZone, watermarkDelayMs, idleAfterMs, allowedLatenessMs }: Settings): HubStart {
  return { version: VERSION, timeZone, delayMs: watermarkDelayMs, idleAfterMs, allowedLatenessMs, tickMs: TICK_MS };
}

async function applied(roles: readonly Role[], cursor: Cursor, timeoutMs = APPLIED_MS): Promise<boolean> {
  const passed = await Promise.all(roles.map((role) => role.past(cursor, timeoutMs)));
  return passed.every(Boolean);
}

function forLibrary(log: Logger, part: string) {
  const child = log.child({ part });
  return {
    info: (message: string, fields: object = {}) => child.info(fields, message),
    warn: (message: string, fields: object = {}) => child.warn(fields, message),
    error: (message: string, fields: object = {}) => child.error(fields, message),
  };
}
