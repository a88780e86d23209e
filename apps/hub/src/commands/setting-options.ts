import type { Command } from 'commander';
import type { Flags } from '../config/read-settings.ts';
import { SETTINGS, variableOf, type SettingName } from '../config/settings.ts';

/** Adds the flags of these settings, each with its variable and default. */
export function addSettingOptions(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const { flag, argument, fallback, help } = SETTINGS[name];
    const shown = fallback === undefined ? help : `${help} (default: ${fallback})`;
    command.option(`--${flag} <${argument}>`, `${shown} [${variableOf(flag)}]`);
  }
  return command;
}

/** What was really typed, by flag name. Commander turns --no-auth into auth=false. */
export function flagsOf(command: Command): Flags {
  const typed = Object.values(SETTINGS).map(({ flag }) => {
    const key = flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    return [flag, command.getOptionValue(key) as string | undefined];
  });
  const noAuth = command.getOptionValueSource('auth') === 'cli' ? 'true' : undefined;
  return { ...Object.fromEntries(typed), 'no-auth': noAuth } as Flags;
}
