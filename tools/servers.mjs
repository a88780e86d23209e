/** Real servers that tests start where they find them: as Debian's packages bring them. */
const SERVERS = [
  { path: '/usr/bin/influxd', package: 'influxdb', tries: 'the store on a real InfluxDB' },
  { path: '/usr/bin/victoria-metrics', package: 'victoria-metrics', tries: 'its writing to a second server' },
];

/** @param isThere whether there is a file */
export function absentServers(isThere) {
  return SERVERS.filter(({ path }) => !isThere(path));
}

/** One line: what a run leaves out for want of them, and how to have it. */
export function leftOut(absent) {
  const what = absent.map(({ tries, path }) => `${tries} (there is no ${path})`).join(', ');
  return `Left out: ${what}. To have it: apt-get install ${absent.map((server) => server.package).join(' ')}`;
}
