import { UsageError } from '@seawall/devices-sim/errors';
import type { Command } from 'commander';
import { faultOfToken } from '../config/token.ts';

/** Where a client command finds the hub; the token comes by variable only, as for the hub. */
export interface HubAddress {
  readonly url: string;
  readonly mqttUrl: string;
  readonly token: string | undefined;
}

const HTTP_FALLBACK = 'http://127.0.0.1:8080';
const MQTT_FALLBACK = 'mqtt://127.0.0.1:1883';

export const ADDRESS_HELP = `
Variables: SEAWALL_TOKEN (the token of a hub that asks for one), SEAWALL_URL, SEAWALL_MQTT_URL. Flags win over them.
Exit codes: 0 done, 1 the hub can't be reached or refused, 2 a mistake in the command.`;

/** --url, for commands that speak HTTP only. */
export function addUrlOption(command: Command): Command {
  return command.option('--url <url>', `the hub's HTTP address (default: ${HTTP_FALLBACK}) [SEAWALL_URL]`);
}

/** --url and --mqtt-url, and what the command's help says of variables and exit codes. */
export function addAddressOptions(command: Command): Command {
  return addUrlOption(command)
    .option('--mqtt-url <url>', `the hub's MQTT address (default: ${MQTT_FALLBACK}) [SEAWALL_MQTT_URL]`)
    .addHelpText('after', ADDRESS_HELP);
}

/** @throws UsageError for a text that is no such address, or no token */
export function hubAddress(
  options: { readonly url?: string; readonly mqttUrl?: string },
  environment: NodeJS.ProcessEnv = process.env,
): HubAddress {
  const { SEAWALL_TOKEN: token, SEAWALL_URL, SEAWALL_MQTT_URL } = environment;
  const fault = token ? faultOfToken(token) : undefined;
  if (fault !== undefined) throw new UsageError(fault);
  return {
    url: address('--url', options.url, 'SEAWALL_URL', SEAWALL_URL, HTTP_FALLBACK, ['http:', 'https:']),
    mqttUrl: address('--mqtt-url', options.mqttUrl, 'SEAWALL_MQTT_URL', SEAWALL_MQTT_URL, MQTT_FALLBACK, [
      'mqtt:',
      'mqtts:',
      'ws:',
      'wss:',
    ]),
    token: token === '' ? undefined : token,
  };
}

function address(
  flag: string,
  typed: string | undefined,
  variable: string,
  set: string | undefined,
  fallback: string,
  protocols: readonly string[],
): string {
  const [name, text] = typed !== undefined ? [flag, typed] : set ? [variable, set] : [flag, fallback];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.includes(url.protocol) || url.hostname === '')
    throw new UsageError(`${name} takes an address such as ${fallback}, not "${text}".`);
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`${name} takes no user or password; the token goes into SEAWALL_TOKEN.`);
  if (url.search !== '' || url.hash !== '')
    throw new UsageError(`${name} ends with the path, not with "${url.search}${url.hash}".`);
  return text.replace(/\/+$/, '');
}
