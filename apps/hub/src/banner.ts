import type { Hub } from './hub.ts';
import type { Settings } from './config/settings.ts';

/** What a person wants to know once the hub answers. */
export function banner(hub: Hub, settings: Settings): string {
  const password = settings.auth ? ' -u me -P "$SEAWALL_TOKEN"' : '';
  const header = settings.auth ? ' -H "Authorization: Bearer $SEAWALL_TOKEN"' : '';
  const { hostname, port } = new URL(hub.mqtt);
  return `
  Seawall is up.

    MQTT        ${hub.mqtt}   (WebSocket ${hub.mqttWs})
    HTTP API    ${hub.http}/api/docs
    data        ${settings.dataDir}

  Connect a device:
    mosquitto_pub -h ${hostname} -p ${port}${password} -q 1 -t city/environment/my-sensor/telemetry -m '{"pm25": 12.1}'
  Ask for what it said:
    curl -s${header} ${hub.http}/api/v1/latest?device=my-sensor
  Hear of alerts:
    curl -sN${header} ${hub.http}/api/v1/stream/alerts

  Stop with Ctrl-C. To begin anew, stop it and delete ${settings.dataDir}.
`;
}
