import type { Hub } from './hub.ts';
import type { Settings } from './config/settings.ts';

/** What a person wants to know once the hub answers; every command can be pasted into bash and zsh. */
export function banner(
  hub: Pick<Hub, 'mqtt' | 'mqttWs' | 'http'>,
  settings: Pick<Settings, 'auth' | 'dataDir'>,
): string {
  const password = settings.auth ? ' -u me -P "$SEAWALL_TOKEN"' : '';
  const header = settings.auth ? ' -H "Authorization: Bearer $SEAWALL_TOKEN"' : '';
  const { hostname, port } = new URL(hub.mqtt);
  return `
  Seawall is up.

    page        ${hub.http}/
    HTTP API    ${hub.http}/api/docs
    MQTT        ${hub.mqtt}   (WebSocket ${hub.mqttWs})
    data        ${settings.dataDir}

  Connect a device:
    mosquitto_pub -h ${hostname} -p ${port}${password} -q 1 -t city/environment/my-sensor/telemetry -m '{"pm25": 12.1}'
  Ask for what it said:
    curl -s${header} '${hub.http}/api/v1/latest?device=my-sensor'
  Hear of alerts:
    curl -sN${header} '${hub.http}/api/v1/stream/alerts'

  Stop with Ctrl-C. To begin anew, stop it and delete ${settings.dataDir}.
`;
}
