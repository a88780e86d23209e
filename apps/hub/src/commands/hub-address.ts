import type { Command } from 'commander';

/** Where a client command finds the hub; the token comes by variable only, as for the hub. */
export interface HubAddress {
  readonly url: string;
  readonly mqttUrl: string;
  readonly token: string | undefined;
}

export function addAddressOptions(command: Command): Command {
  return command
    .option('--url <url>', "the hub's HTTP address [SEAWALL_URL]", process.env.SEAWALL_URL ?? 'http://127.0.0.1:8080')
    .option(
      '--mqtt-url <url>',
      "the hub's MQTT address [SEAWALL_MQTT_URL]",
      process.env.SEAWALL_MQTT_URL ?? 'mqtt://127.0.0.1:1883',
    );
}

export function hubAddress(options: { readonly url: string; readonly mqttUrl: string }): HubAddress {
  const token = process.env.SEAWALL_TOKEN;
  return { url: options.url.replace(/\/+$/, ''), mqttUrl: options.mqttUrl, token: token === '' ? undefined : token };
}
