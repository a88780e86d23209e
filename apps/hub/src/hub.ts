import { startApi, Turns, type HealthReport } from '@seawall/api';
import { startGateway } from '@seawall/gateway';
import { openLmdbJournal } from '@seawall/journal-lmdb';
import { createMqttChannel, heartbeat as heartbeatMessage } from '@seawall/notify-mqtt';
import type { RefusedRule } from '@seawall/alerts';
import { formatRfc3339 } from '@seawall/calendar';
import type { Cursor, HubStart, Journal, Registry, SeriesStore, SessionStore } from '@seawall/ports';
import { lockDataDirectory, openRegistry, type DataDirectoryLock } from '@seawall/registry';
import { openLmdbSessionStore } from '@seawall/session-lmdb';
import { openDuckDbStore } from '@seawall/store-duckdb';
import type { Logger } from 'pino';
import type { Settings } from './config/settings.ts';
import { dataDirectory } from './data-directory.ts';
import { opening } from './data-unusable-error.ts';
import { health } from './health.ts';
import { lastRun } from './last-run.ts';
import { hubMetrics } from './metrics.ts';
import { checkEntriesAreThere } from './missing-entries.ts';
import { pageOptions } from './page.ts';
import { engine, EngineView } from './roles/engine.ts';
import { notifier } from './roles/notifier.ts';
import { catchUpRegistry, registrar } from './roles/registrar.ts';
import { Role } from './roles/role.ts';
import { registerConsumers } from './roles/register-consumers.ts';
import { heartbeat, ticker, trimmer } from './roles/timers.ts';
import { writer } from './roles/writer.ts';
import { journalRuleChanges, reloadRules, type RuleReload } from './rule-reload.ts';
import { VERSION } from './version.ts';

/** What `startHub` opened, in the order in which it must be closed again. */
interface Engines {
  readonly lock: DataDirectoryLock;
  readonly journal: Journal;
  readonly registry: Registry;
  readonly store: SeriesStore;
  readonly sessions: SessionStore;
}

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

export interface StartOptions {
  readonly settings: Settings;
  readonly token: string | undefined;
  /** Go on where the journal begins, where a reader's next entries are gone. */
  readonly skipMissing: boolean;
  readonly log: Logger;
}

/**
 * One process, all roles, embedded engines.
 * @throws SettingError, DataDirectoryInUseError, DataUnusableError, or the system's error for an address that can't be listened on
 */
export async function startHub(options: StartOptions): Promise<Hub> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    return await start(options, closers);
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

async function start(
  { settings, token, skipMissing, log }: StartOptions,
  closers: (() => Promise<void> | void)[],
): Promise<Hub> {
  const page = pageOptions(settings);
  const engines = await openEngines(settings, closers);
  const { journal, registry, store, sessions } = engines;
  await checkEntriesAreThere(engines, skipMissing, log);
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
  const ruleFiles = { journal, registry, rulesDir: settings.rulesDir };
  await journalRuleChanges(ruleFiles);
  await catchUpRegistry(journal, registry);

  const gateway = await startGateway({
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
  closers.push(() => gateway.close());

  const engineView = new EngineView();
  const roles = {
    writer: new Role('writer', writer(journal, store), log),
    engine: new Role('engine', engine(journal, engineView, tellRefused(log)), log),
    registrar: new Role('registrar', registrar(journal, registry), log),
    notifier: new Role(
      'notifier',
      notifier(journal, [createMqttChannel({ publish: (message) => gateway.publish(message) })]),
      log,
    ),
  };
  const all = Object.values(roles);
  for (const role of all) role.start();
  closers.push(async () => void (await Promise.all(all.map((role) => role.stop()))));

  const view = { journal, registry, store, gateway, roles: all, engine: engineView, previousRun };
  const ruleTurns = new Turns();
  const everywhere = (cursor: Cursor) => applied([roles.engine, roles.registrar], cursor);
  const api = await startApi({
    bind: settings.bind,
    port: settings.httpPort,
    ...(token === undefined ? {} : { token }),
    journal,
    registry,
    store,
    acceptance: gateway.acceptance,
    applied: everywhere,
    ruleTurns,
    health: () => health(view),
    metrics: async () => hubMetrics(view),
    timeZone: settings.timeZone,
    version: VERSION,
    ...page,
    log: forLibrary(log, 'api'),
  });
  closers.push(() => api.close());

  const policy = { maxAgeMs: settings.journalMaxAgeMs, maxBytes: settings.journalMaxBytes };
  const beat = async () => gateway.publish(heartbeatMessage(await registry.activeAlerts(), Date.now()));
  const timers = [ticker(journal, log), trimmer(journal, policy, log), heartbeat(beat, log)];
  closers.push(async () => void (await Promise.all(timers.map((timer) => timer.stop()))));

  return {
    mqtt: `mqtt://${host(settings.bind)}:${gateway.mqttPort}`,
    mqttWs: `ws://${host(settings.bind)}:${gateway.mqttWsPort}`,
    http: `http://${host(settings.bind)}:${api.port}`,
    journal,
    health: () => health(view),
    reloadRules: () =>
      reloadRules({
        ...ruleFiles,
        turns: ruleTurns,
        registered: (cursor) => applied([roles.registrar], cursor),
        applied: everywhere,
      }),
    stop: async () => {
      for (const timer of timers) await timer.stop();
      await api.close();
      // What it has not published yet it publishes after the next start.
      await roles.notifier.stop();
      await gateway.close();
      await appendStop(journal, log);
      await applied([roles.engine, roles.registrar, roles.writer], journal.end(), CATCH_UP_MS);
      for (const role of all) await role.stop();
      await closeEngines(engines);
    },
  };
}

function tellRefused(log: Logger) {
  return (rules: readonly RefusedRule[]) => log.warn({ rules }, 'rules that the engine does not run');
}

async function appendStop(journal: Journal, log: Logger): Promise<void> {
  try {
    await journal.append([{ kind: 'hub-stop', origin: 'live', payload: null }]);
  } catch (error) {
    log.warn({ err: error }, 'the stop could not be journalled');
  }
}

function hubStart({ timeZone, watermarkDelayMs, idleAfterMs }: Settings): HubStart {
  return { version: VERSION, timeZone, delayMs: watermarkDelayMs, idleAfterMs };
}

async function openEngines(settings: Settings, closers: (() => Promise<void> | void)[]): Promise<Engines> {
  const directory = dataDirectory(settings.dataDir);
  const lock = lockDataDirectory(directory.root);
  closers.push(() => lock.release());
  const journal = await opening('journal', directory.journal, () => openLmdbJournal({ path: directory.journal }));
  closers.push(() => journal.close());
  const registry = await opening('registry', directory.registry, () => openRegistry({ path: directory.registry }));
  closers.push(() => registry.close());
  const store = await opening('series store', directory.store, () =>
    openDuckDbStore({
      path: directory.store,
      memoryLimitMb: settings.storeMemoryMb,
      queryTimeoutMs: settings.queryTimeoutMs,
    }),
  );
  closers.push(() => store.close());
  const sessions = await opening('session store', directory.sessions, () =>
    openLmdbSessionStore({ path: directory.sessions }),
  );
  closers.push(() => sessions.destroy());
  return { lock, journal, registry, store, sessions };
}

async function closeEngines({ lock, journal, registry, store, sessions }: Engines): Promise<void> {
  await sessions.destroy();
  await store.close();
  await registry.close();
  await journal.close();
  lock.release();
}

async function applied(roles: readonly Role[], cursor: Cursor, timeoutMs = APPLIED_MS): Promise<boolean> {
  const passed = await Promise.all(roles.map((role) => role.past(cursor, timeoutMs)));
  return passed.every(Boolean);
}

/** An IPv6 address stands in brackets; "any address" is reached by loopback from here. */
function host(bind: string): string {
  if (bind === '0.0.0.0' || bind === '::') return '127.0.0.1';
  return bind.includes(':') ? `[${bind}]` : bind;
}

function forLibrary(log: Logger, part: string) {
  const child = log.child({ part });
  return {
    info: (message: string, fields: object = {}) => child.info(fields, message),
    warn: (message: string, fields: object = {}) => child.warn(fields, message),
    error: (message: string, fields: object = {}) => child.error(fields, message),
  };
}
