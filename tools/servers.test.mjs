import { expect, it } from '@jest/globals';
import { absentServers, leftOut } from './servers.mjs';

it('says in one line what is left out without servers, and how to have it', () => {
  expect(absentServers(() => true)).toEqual([]);
  expect(leftOut(absentServers((path) => path !== '/usr/bin/influxd'))).toBe(
    'Left out: the store on a real InfluxDB (there is no /usr/bin/influxd). To have it: apt-get install influxdb',
  );
  const all = leftOut(absentServers(() => false));
  expect(all).toMatch(/apt-get install influxdb victoria-metrics$/);
  expect(all).not.toContain('\n');
});
