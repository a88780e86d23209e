import { readFileSync } from 'node:fs';
import { SettingError } from './setting-error.ts';
import type { Settings } from './settings.ts';

/**
 * What Seawall shows InfluxDB; undefined where that asks for nothing. It comes by variable or from a file: a flag would
 * show it to everyone who can list processes.
 * @throws SettingError if the file can't be read, or it is given twice or for nothing
 */
export function readInfluxToken(
  { store, influxTokenFile }: Pick<Settings, 'store' | 'influxTokenFile'>,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const given = environment.SEAWALL_INFLUX_TOKEN || undefined;
  if (given !== undefined && store !== 'influx')
    throw new SettingError(
      `SEAWALL_INFLUX_TOKEN goes with --store influx only, and the store is ${store}. Unset it, or give --store influx.`,
    );
  if (influxTokenFile === undefined) return checked(given, 'SEAWALL_INFLUX_TOKEN');
  if (given !== undefined)
    throw new SettingError('SEAWALL_INFLUX_TOKEN and --influx-token-file both name a token; keep one of them.');
  return checked(contentOf(influxTokenFile), `The file ${influxTokenFile} of --influx-token-file`);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const { message } = error as Error;
    throw new SettingError(`--influx-token-file ${path} can't be read: ${message}.`, { cause: error });
  }
}

/** What is no header's value would only be found out when InfluxDB is asked, and then be repeated in the log. */
function checked(token: string | undefined, name: string): string | undefined {
  if (token !== undefined && !/^[\x20-\x7e]+$/.test(token))
    throw new SettingError(`${name} must hold one line of plain characters, and nothing else.`);
  return token;
}
