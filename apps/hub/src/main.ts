import { Command } from 'commander';
import { explain } from './explain.ts';
import { VERSION } from './version.ts';

const HELP = `
Try it:
  npm start                                a hub with a small city in it
  seawall query --metric pm25 --from -1h   what the air was like
  seawall tail 'air-*'                     what its devices send, as it comes
  seawall doctor                           whether all is well here

"seawall <command> --help" says more about each.`;

/** The `seawall` command. A mistake of the user's ends with a sentence and exit code 2, anything else with 1. */
export async function main(argv: readonly string[]): Promise<void> {
  endWithItsReader(process.stdout);
  const program = new Command('seawall')
    .description('A smart-city telemetry hub: acknowledged means stored, event time decides, nothing bad is silent.')
    .version(VERSION)
    .addHelpText('after', HELP)
    .showHelpAfterError('Add --help for what there is.')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const command of await commandsFor(argv[2])) {
    command.copyInheritedSettings(program);
    program.addCommand(command);
  }
  for (const name of NOT_BUILT) {
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        program.error(`seawall ${name} is not built yet.`);
      });
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    const { sentence, exitCode } = explain(error);
    process.stderr.write(`seawall: ${sentence}\n`);
    process.exit(exitCode);
  }
}

/** The one that is named, since what the others need takes a second to load; all of them for help and for advice. */
function commandsFor(name: string | undefined): Promise<Command[]> {
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]!] : Object.values(COMMANDS);
  return Promise.all(named.map((load) => load()));
}

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).upCommand(),
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  query: async () => (await import('./commands/query.ts')).queryCommand(),
  tail: async () => (await import('./commands/tail.ts')).tailCommand(),
  backup: async () => (await import('./commands/backup.ts')).backupCommand(),
  restore: async () => (await import('./commands/restore.ts')).restoreCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
};

/**
 * `seawall query … | head`: who has read enough closes the pipe, and there is nobody left to tell anything. Where what is
 * written goes to a file, its disk may be full.
 */
function endWithItsReader(stream: NodeJS.WriteStream): void {
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(0);
    process.stderr.write(`seawall: standard output can't be written: ${message}.\n`);
    process.exit(1);
  });
}

const NOT_BUILT = ['devices', 'backtest', 'replay-rejections'];
