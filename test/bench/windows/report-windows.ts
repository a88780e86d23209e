import type { RulesSpeed } from './measure-rules.ts';
import type { WindowsSpeed } from './measure-windows.ts';

export interface Windows {
  readonly speeds: readonly WindowsSpeed[];
  readonly rules: RulesSpeed;
}

type Row = [what: string, measured: string, wanted: string];

export function windowsRows({ speeds, rules }: Windows): Row[] {
  return [
    ...speeds.map(({ batch, throughRules, throughSets, bare }): Row => {
      const what = `values a second of processor time through a 1-minute mean and max of 10 thousand series, ${batch} a batch`;
      const others = `windows alone: ${millions(throughSets)}, a bare loop: ${millions(bare)}`;
      return [what, `${millions(throughRules)} (${others})`, '≥ 5 million, aim 15'];
    }),
    [
      `processor time for 10 thousand messages a second, with ${rules.rules} rules on a device each`,
      `${ms(rules.perSecond)} a second (at most ${ms(rules.perSecondMax)})`,
      '< 1 s',
    ],
    ['… to take in these rules and the first reading of each device', ms(rules.beginSeconds), ''],
  ];
}

const millions = (value: number) => `${(value / 1e6).toFixed(1)} million`;
const ms = (seconds: number) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`);
