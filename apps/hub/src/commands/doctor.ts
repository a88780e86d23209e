import { Command } from 'commander';
import { readInfluxToken } from '../config/influx-token.ts';
import { readSettings } from '../config/read-settings.ts';
import { needsAttention, reportText } from '../doctor/report.ts';
import { paint, wantsColour } from '../paint.ts';
import { reachableHost } from '../reachable-host.ts';
import { addUrlOption, hubAddress } from './hub-address.ts';
import { addSettingOptions, flagsOf } from './setting-options.ts';

interface DoctorOptions {
  readonly config?: string;
  readonly url?: string;
  readonly json?: boolean;
}

const PLACES = ['dataDir', 'bind', 'mqttPort', 'mqttWsPort', 'httpPort'] as const;
const STORE = ['store', 'influxUrl', 'influxTokenFile', 'influxOrg', 'influxDatabase', 'influxApi'] as const;
/** Of a hub that runs, what it says itself goes for these. */
const BOUNDS = ['journalMaxBytes', 'journalLimitBytes', 'diskLowBytes', 'diskReserveBytes'] as const;

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Look at an installation: ports, disk, versions, clock, data directory, journal, InfluxDB, last stop.')
    .option('--config <file>', 'settings file of the hub (default: seawall.yaml, if there is one)');
  addSettingOptions(command, [...PLACES, ...STORE, ...BOUNDS]);
  return addUrlOption(command)
    .option('--json', 'the findings as JSON')
    .addHelpText('after', DOCTOR_HELP)
    .action(doctor);
}

const DOCTOR_HELP = `
Settings are read as "seawall up" reads them. A hub that runs is asked over HTTP (--url, else where the settings say);
with SEAWALL_TOKEN it tells how far its roles are behind. An address that is given is asked whatever runs here. Of one that does not run the journal is read while its data
directory is locked, so it can't be started in that second. A small file is written there and removed, to time the disk.

Exit codes: 0 all is well, 1 something needs attention, 2 a mistake in the command or a setting.`;

async function doctor(options: DoctorOptions, command: Command): Promise<void> {
  const settings = readSettings(flagsOf(command), process.env, options.config);
  const influxToken = readInfluxToken(settings, process.env);
  const given = options.url ?? process.env.SEAWALL_URL;
  const url = given || `http://${reachableHost(settings.bind)}:${settings.httpPort}`;
  const { examine } = await import('../doctor/examine.ts');
  const findings = await examine({
    settings,
    ...hubAddress({ url }),
    urlIsGiven: Boolean(given),
    influxToken,
    now: Date.now,
  });
  const text = options.json
    ? `${JSON.stringify({ ok: !needsAttention(findings), findings }, null, 2)}\n`
    : reportText(findings, paint(wantsColour(process.stdout, process.env)));
  process.stdout.write(text);
  if (needsAttention(findings)) process.exitCode = 1;
}
